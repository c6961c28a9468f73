package cgi

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"testing"
)

// withSubject is a certificate whose subject is these sets of attributes.
func withSubject(t *testing.T, names pkix.RDNSequence) *x509.Certificate {
	t.Helper()
	raw, err := asn1.Marshal(names)
	if err != nil {
		t.Fatal(err)
	}
	return &x509.Certificate{RawSubject: raw}
}

func TestSubject(t *testing.T) {
	attribute := func(value any, oid ...int) pkix.AttributeTypeAndValue {
		return pkix.AttributeTypeAndValue{Type: oid, Value: value}
	}
	cn := func(value any) pkix.AttributeTypeAndValue { return attribute(value, 2, 5, 4, 3) }
	raw := func(tag int, bytes string) asn1.RawValue { return asn1.RawValue{Tag: tag, Bytes: []byte(bytes)} }
	for _, tt := range []struct {
		names pkix.RDNSequence
		want  string
	}{
		{nil, ""},
		{pkix.RDNSequence{{cn("ada")}}, "CN=ada"},
		{pkix.RDNSequence{{attribute("GB", 2, 5, 4, 6)}, {attribute("Analytics, Ltd.", 2, 5, 4, 10)}, {cn("Ada Lovelace")}, {attribute(raw(asn1.TagIA5String, "ada@a.example"), 1, 2, 840, 113549, 1, 9, 1)}},
			`emailAddress=ada@a.example,CN=Ada Lovelace,O=Analytics\, Ltd.,C=GB`},
		{pkix.RDNSequence{{attribute("org", 0, 9, 2342, 19200300, 100, 1, 25)}, {attribute("example", 0, 9, 2342, 19200300, 100, 1, 25)}, {cn("a"), attribute("b+c", 0, 9, 2342, 19200300, 100, 1, 1)}},
			`CN=a+UID=b\+c,DC=example,DC=org`},
		{pkix.RDNSequence{{cn(`a,b+c"d\e<f>g;h=i/j#k`)}}, `CN=a\,b\+c\"d\\e\<f\>g\;h=i/j#k`},
		{pkix.RDNSequence{{cn(" # ")}}, `CN=\ #\ `},
		{pkix.RDNSequence{{cn("#a")}}, `CN=\#a`},
		{pkix.RDNSequence{{cn("")}}, "CN="},
		{pkix.RDNSequence{{cn(raw(asn1.TagUTF8String, "a\nREMOTE_USER=root\r\x00\x1b[2J\x7f\t"))}}, `CN=a\0AREMOTE_USER=root\0D\00\1B[2J\7F\09`},
		{pkix.RDNSequence{{cn("a\\\n")}}, `CN=a\\\0A`},
		{pkix.RDNSequence{{attribute("a\nb", 1, 2, 840, 113549, 1, 9, 1)}}, `emailAddress=a\0Ab`},
		{pkix.RDNSequence{{cn("Zoë €😀")}}, `CN=Zo\C3\AB \E2\82\AC\F0\9F\98\80`},
		{pkix.RDNSequence{{cn(raw(asn1.TagT61String, "Zo\xeb"))}}, `CN=Zo\C3\AB`},
		{pkix.RDNSequence{{cn(raw(asn1.TagBMPString, "\x00Z\x00\xeb\x20\xac\x00\n"))}}, `CN=Z\C3\AB\E2\82\AC\0A`},
		{pkix.RDNSequence{{attribute("own", 1, 3, 6, 1, 4, 1, 99999, 1)}}, "1.3.6.1.4.1.99999.1=#13036f776e"},
	} {
		got := subjectText(withSubject(t, tt.names))
		if got != tt.want {
			t.Errorf("%v: %s, want %s", tt.names, got, tt.want)
		}
	}
	if got := subjectText(&x509.Certificate{RawSubject: []byte{0x30, 5, 1}}); got != "" {
		t.Errorf("a broken name: %q", got)
	}
}
