package cgi

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"
	"strings"
)

// certVariables tell a program about the client's certificate
// (certs.Config.ClientCA), as Apache's mod_ssl does: SSL_CLIENT_VERIFY is SUCCESS
// or NONE, and SSL_CLIENT_S_DN the subject. There are none without TLS.
func certVariables(state *tls.ConnectionState) []string {
	switch {
	case state == nil:
		return nil
	case len(state.VerifiedChains) == 0:
		return []string{"SSL_CLIENT_VERIFY=NONE"}
	}
	return []string{"SSL_CLIENT_VERIFY=SUCCESS", "SSL_CLIENT_S_DN=" + subjectText(state.VerifiedChains[0][0])}
}

// subjectText is the certificate's subject in the form of RFC 2253, in ASCII: all
// other bytes, and control characters, become \XX, so that no name can break a
// line of an environment or a log. It is empty for a subject that can't be read.
func subjectText(cert *x509.Certificate) string {
	var names pkix.RDNSequence
	if rest, err := asn1.Unmarshal(cert.RawSubject, &names); err != nil || len(rest) > 0 {
		return ""
	}
	var parts []string
	for _, set := range slices.Backward(names) {
		var values []string
		for _, a := range set {
			values = append(values, attributeText(a))
		}
		parts = append(parts, strings.Join(values, "+"))
	}
	var b strings.Builder
	for _, c := range []byte(strings.Join(parts, ",")) {
		if c < ' ' || c > '~' {
			fmt.Fprintf(&b, `\%02X`, c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// attributeNames are the names from RFC 2253 and from everyday OpenSSL
// certificates that pkix doesn't know: it would write numbers for them, and their
// values as DER.
var attributeNames = map[string]string{
	"0.9.2342.19200300.100.1.1": "UID", "0.9.2342.19200300.100.1.25": "DC", "1.2.840.113549.1.9.1": "emailAddress",
}

var commonName = asn1.ObjectIdentifier{2, 5, 4, 3}

func attributeText(a pkix.AttributeTypeAndValue) string {
	name, ok := attributeNames[a.Type.String()]
	if !ok {
		return pkix.RDNSequence{{a}}.String()
	}
	a.Type = commonName
	return name + strings.TrimPrefix(pkix.RDNSequence{{a}}.String(), "CN")
}
