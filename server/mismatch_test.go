package server

import (
	"crypto/tls"
	"errors"
	"io"
	"net/netip"
	"strings"
	"testing"

	"wsd/server/certs"
	"wsd/server/servertest"
)

const (
	spokeTLS   = "a client speaks TLS, and this port is plain"
	spokePlain = "a client speaks plain HTTP, and this port has TLS"
)

// A client that speaks TLS to a plain port is answered at once and logged, and the
// next ones are not logged as warnings: a scanner can't fill the log.
func TestTLSOnPlainPort(t *testing.T) {
	t.Parallel()
	r := run(t, Config{Command: servertest.Play("echo"), Addresses: []string{"127.0.0.1:0"}})
	for i := range 3 {
		nc := servertest.Connect(t, r.addr)
		var answer tls.RecordHeaderError
		if err := tls.Client(nc, servertest.TrustAny()).Handshake(); !errors.As(err, &answer) || string(answer.RecordHeader[:]) != "HTTP/" {
			t.Errorf("the handshake ends with %v", err)
		}
		if i == 0 {
			r.log.Wait(t, spokeTLS).Want(t, "level", LevelWarn.String(), "remote", nc.LocalAddr().String())
		}
	}
	if lines := r.log.All(spokeTLS); len(lines) != 1 {
		t.Errorf("%d lines: %v", len(lines), lines)
	}
	// One byte is enough: no line needs to end.
	nc := servertest.Connect(t, r.addr)
	nc.Write([]byte{tlsHandshake})
	if answer, err := io.ReadAll(nc); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 400 ") {
		t.Errorf("%q, %v", answer, err)
	}
	r.client(t).WantEcho("hello")
}

// Behind a proxy that sends PROXY headers, the log names the client.
func TestTLSOnPlainPortBehindProxy(t *testing.T) {
	t.Parallel()
	r := run(t, Config{
		Command: servertest.Play("echo"), Addresses: []string{"127.0.0.1:0"},
		ProxyProtocol: true, TrustProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	})
	const header = "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n"
	nc := servertest.Connect(t, r.addr)
	io.WriteString(nc, header+"\x16\x03\x01")
	r.log.Wait(t, spokeTLS).Want(t, "remote", "192.0.2.1:1")
	c := r.dial(t)
	c.Write([]byte(header + string(servertest.Request("/")) + string(textFrame("eager"))))
	c.WantUpgraded()
	c.Want("eager")
	r.log.Wait(t, "CONNECT").Want(t, "remote", "192.0.2.1:1")
}

func TestPlainOnTLSPort(t *testing.T) {
	t.Parallel()
	r := run(t, Config{Command: servertest.Play("echo"), Addresses: []string{"127.0.0.1:0"}, TLS: &certs.Config{}})
	for i := range 3 {
		c := r.dial(t)
		if answer := c.Shake("/"); answer.StatusCode != 400 {
			t.Errorf("answered %s", answer.Status)
		}
		if i == 0 {
			r.log.Wait(t, spokePlain).Want(t, "level", LevelWarn.String(), "remote", c.Conn.LocalAddr().String())
		}
	}
	if lines := r.log.All(spokePlain); len(lines) != 1 {
		t.Errorf("%d lines: %v", len(lines), lines)
	}
}

func TestPlainOnTLS(t *testing.T) {
	for line, want := range map[string]string{
		"http: TLS handshake error from [::1]:7: client sent an HTTP request to an HTTPS server": "[::1]:7",
		"http: TLS handshake error from [::1]:7: EOF":                                            "",
		"http: panic serving 1: client sent an HTTP request to an HTTPS server":                  "",
	} {
		if remote, ok := plainOnTLS(line); ok != (want != "") || ok && remote != want {
			t.Errorf("%s: %q, %v", line, remote, ok)
		}
	}
}
