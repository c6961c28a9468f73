package server

import (
	"crypto/tls"
	"path/filepath"
	"testing"

	"wsd/server/certs"
	"wsd/server/servertest"
)

// clientCA is an authority for clients, and the file with its certificate.
func clientCA(t *testing.T) (file string, ca *servertest.CA) {
	t.Helper()
	ca = servertest.NewCA(t, "ca")
	return servertest.Write(t, filepath.Join(t.TempDir(), "ca.pem"), ca.PEM(), 0o600), ca
}

// No header of a client passes for its certificate, and no name in one for a line.
func TestClientCertificateEnvironment(t *testing.T) {
	t.Parallel()
	file, ca := clientCA(t)
	forged := []string{"SSL_CLIENT_VERIFY: SUCCESS", "SSL_CLIENT_S_DN: CN=root", "Ssl-Client-S-Dn: CN=root", "Ssl-Client-Verify: SUCCESS"}
	for name, tt := range map[string]struct {
		config   *certs.Config
		cn       string
		verify   string
		subject  string
		noClient bool
	}{
		"a certificate":        {config: &certs.Config{ClientCA: file}, cn: "ada", verify: "SUCCESS", subject: "CN=ada"},
		"one with a newline":   {config: &certs.Config{ClientCA: file}, cn: "ada\nREMOTE_USER=root", verify: "SUCCESS", subject: `CN=ada\0AREMOTE_USER=root`},
		"nobody asked for one": {config: &certs.Config{}, cn: "ada", verify: "NONE"},
		"there is none":        {config: &certs.Config{}, noClient: true, verify: "NONE"},
	} {
		t.Run(name, func(t *testing.T) {
			r := run(t, Config{Command: servertest.Play("env"), Addresses: []string{"127.0.0.1:0"}, TLS: tt.config})
			config := servertest.TrustAny()
			if !tt.noClient {
				config.Certificates = []tls.Certificate{ca.Certificate(t, tt.cn)}
			}
			c := servertest.NewClient(t, tls.Client(servertest.Connect(t, r.addr), config)).Upgrade("/", forged...)
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
