package server

import (
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wsd/server/servertest"
)

// nameValue is one attribute of a name, as a certificate has it.
type nameValue struct {
	oid   asn1.ObjectIdentifier
	tag   int
	bytes string
}

// withSubject is a certificate whose subject is these sets of attributes.
func withSubject(t *testing.T, sets ...[]nameValue) *x509.Certificate {
	t.Helper()
	var names []relativeNameSET
	for _, set := range sets {
		var one relativeNameSET
		for _, v := range set {
			one = append(one, attribute{v.oid, asn1.RawValue{Tag: v.tag, Bytes: []byte(v.bytes)}})
		}
		names = append(names, one)
	}
	raw, err := asn1.Marshal(names)
	if err != nil {
		t.Fatal(err)
	}
	key := newTestKey(t)
	template := testTemplate("")
	template.RawSubject = raw
	return signTestCert(t, template, template, key, key)
}

var (
	oidC, oidL, oidO, oidOU = asn1.ObjectIdentifier{2, 5, 4, 6}, asn1.ObjectIdentifier{2, 5, 4, 7}, asn1.ObjectIdentifier{2, 5, 4, 10}, asn1.ObjectIdentifier{2, 5, 4, 11}
	oidCN, oidEmail         = asn1.ObjectIdentifier{2, 5, 4, 3}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}
	oidDC, oidUID           = asn1.ObjectIdentifier{0, 9, 2342, 19200300, 100, 1, 25}, asn1.ObjectIdentifier{0, 9, 2342, 19200300, 100, 1, 1}
	oidOwn                  = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 1}
)

// subjects are names and what OpenSSL makes of them; TestSubjectOfOpenSSL asks it.
var subjects = []struct {
	sets [][]nameValue
	want string
}{
	{nil, ""},
	{[][]nameValue{{{oidCN, asn1.TagUTF8String, "ada"}}}, "CN=ada"},
	{[][]nameValue{{{oidC, asn1.TagPrintableString, "GB"}}, {{oidO, asn1.TagUTF8String, "Analytics, Ltd."}}, {{oidCN, asn1.TagUTF8String, "Ada Lovelace"}}},
		`CN=Ada Lovelace,O=Analytics\, Ltd.,C=GB`},
	{[][]nameValue{{{oidO, asn1.TagUTF8String, "o"}}, {{oidCN, asn1.TagUTF8String, "a"}, {oidUID, asn1.TagUTF8String, "b"}, {oidOU, asn1.TagUTF8String, "c"}}}, ""},
	{[][]nameValue{{{oidCN, asn1.TagUTF8String, `a,b+c"d\e<f>g;h=i/j#k`}}}, `CN=a\,b\+c\"d\\e\<f\>g\;h=i/j#k`},
	{[][]nameValue{{{oidCN, asn1.TagUTF8String, " # "}}}, `CN=\ #\ `},
	{[][]nameValue{{{oidCN, asn1.TagUTF8String, "#a"}}}, `CN=\#a`},
	{[][]nameValue{{{oidCN, asn1.TagUTF8String, " "}}}, ""},
	{[][]nameValue{{{oidCN, asn1.TagUTF8String, ""}}}, "CN="},
	{[][]nameValue{{{oidCN, asn1.TagUTF8String, "a\nREMOTE_USER=root\r\x00\x1b[2J\x7f\t"}}}, `CN=a\0AREMOTE_USER=root\0D\00\1B[2J\7F\09`},
	{[][]nameValue{{{oidCN, asn1.TagUTF8String, "Zoë €😀"}}}, `CN=Zo\C3\AB \E2\82\AC\F0\9F\98\80`},
	{[][]nameValue{{{oidCN, asn1.TagT61String, "Zo\xeb"}}}, `CN=Zo\C3\AB`},
	{[][]nameValue{{{oidCN, asn1.TagBMPString, "\x00Z\x00\xeb\x20\xac\x00\n"}}}, `CN=Z\C3\AB\E2\82\AC\0A`},
	{[][]nameValue{{{oidEmail, asn1.TagIA5String, "ada@a.example"}}, {{oidDC, asn1.TagIA5String, "example"}}, {{oidL, asn1.TagNumericString, "12 3"}}},
		`L=12 3,DC=example,emailAddress=ada@a.example`},
	{[][]nameValue{{{oidOwn, asn1.TagUTF8String, "own"}}}, "1.3.6.1.4.1.99999.1=#0C036F776E"},
}

func TestSubject(t *testing.T) {
	for _, tt := range subjects {
		got := subjectText(withSubject(t, tt.sets...))
		if tt.want != "" && got != tt.want {
			t.Errorf("%v: %s, want %s", tt.sets, got, tt.want)
		}
		if strings.ContainsFunc(got, func(c rune) bool { return c < ' ' || c > '~' }) {
			t.Errorf("%q", got)
		}
	}
	if got := subjectText(&x509.Certificate{RawSubject: []byte{0x30, 5, 1}}); got != "" {
		t.Errorf("a broken name: %q", got)
	}
}

// Apache's mod_ssl leaves it to OpenSSL how a name is written: XN_FLAG_RFC2253.
func TestSubjectOfOpenSSL(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	switch {
	case err != nil && os.Getenv("CI") == "true":
		t.Fatal(err)
	case err != nil:
		t.Skip("openssl is missing")
	}
	var all [][]nameValue // each name that is written by us, by its number
	for _, number := range slices.Sorted(maps.Keys(attributeNames)) {
		var id asn1.ObjectIdentifier
		for part := range strings.SplitSeq(number, ".") {
			id = append(id, atoi(part))
		}
		all = append(all, []nameValue{{id, asn1.TagPrintableString, "x y"}})
	}
	wantOpenSSL(t, openssl, withSubject(t, all...))
	for _, tt := range subjects {
		wantOpenSSL(t, openssl, withSubject(t, tt.sets...))
	}
}

func wantOpenSSL(t *testing.T, openssl string, cert *x509.Certificate) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "cert.pem")
	replaceFile(t, file, certToPEM(cert))
	out, err := exec.Command(openssl, "x509", "-in", file, "-noout", "-subject", "-nameopt", "RFC2253").Output()
	if err != nil {
		t.Fatal(err)
	}
	want := strings.TrimPrefix(strings.TrimSuffix(string(out), "\n"), "subject=")
	if got := subjectText(cert); got != want {
		t.Errorf("%s, but openssl says %s", got, want)
	}
}

// clientNamed is a certificate of ca for a client with this subject.
func clientNamed(t *testing.T, ca *testCA, name string) tls.Certificate {
	t.Helper()
	key := newTestKey(t)
	template := testTemplate(name)
	template.Subject = pkix.Name{CommonName: name, Organization: []string{"Analytics"}}
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	return tlsPair(signTestCert(t, template, ca.cert, key, ca.key), key)
}

func tlsPair(cert *x509.Certificate, key *ecdsa.PrivateKey) tls.Certificate {
	return tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key}
}

// No header of a client passes for its certificate, and no name in one for a line.
func TestClientCertificateEnvironment(t *testing.T) {
	ca, files := newTestCA(t, "ca"), newCertFiles(t)
	replaceFile(t, files.ca, certToPEM(ca.cert))
	forged := []string{"SSL_CLIENT_VERIFY: SUCCESS", "SSL_CLIENT_S_DN: CN=root", "Ssl-Client-S-Dn: CN=root", "Ssl-Client-Verify: SUCCESS"}
	for name, tt := range map[string]struct {
		config   *TLSConfig
		cn       string
		verify   string
		subject  string
		noClient bool
	}{
		"a certificate":        {config: &TLSConfig{ClientCA: files.ca}, cn: "ada", verify: "SUCCESS", subject: "CN=ada,O=Analytics"},
		"one with a newline":   {config: &TLSConfig{ClientCA: files.ca}, cn: "ada\nREMOTE_USER=root", verify: "SUCCESS", subject: `CN=ada\0AREMOTE_USER=root,O=Analytics`},
		"nobody asked for one": {config: &TLSConfig{}, cn: "ada", verify: "NONE"},
		"there is none":        {config: &TLSConfig{}, noClient: true, verify: "NONE"},
	} {
		t.Run(name, func(t *testing.T) {
			r := run(t, Config{Command: servertest.Play("env"), Addresses: []string{"127.0.0.1:0"}, TLS: tt.config})
			config := insecure()
			if !tt.noClient {
				config.Certificates = []tls.Certificate{clientNamed(t, ca, tt.cn)}
			}
			c := newRawClient(t, tls.Client(dialTCP(t, r.addr), config)).upgrade("/", forged...)
			env := sessionEnvironment(t, c)
			wantEnv(t, env, "SSL_CLIENT_VERIFY="+tt.verify, "REMOTE_USER=")
			if got, ok := variable(t, env, "SSL_CLIENT_S_DN"); got != tt.subject || ok != (tt.subject != "") {
				t.Errorf("SSL_CLIENT_S_DN=%s (set: %v)", got, ok)
			}
			wantEnv(t, env, "HTTP_SSL_CLIENT_S_DN=CN=root", "HTTP_SSL_CLIENT_VERIFY=SUCCESS") // what they are
		})
	}
	env := sessionEnvironment(t, serveSteps(t, "env").client(t, forged...))
	for _, name := range []string{"SSL_CLIENT_VERIFY", "SSL_CLIENT_S_DN"} {
		if value, ok := variable(t, env, name); ok {
			t.Errorf("without TLS %s=%s", name, value)
		}
	}
}
