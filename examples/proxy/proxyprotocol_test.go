//go:build e2e && unix

package proxy_test

import (
	"testing"
	"wsd/server/servertest"
)

// TestProxyProtocol has HAProxy tell the client's address in front of the bytes
// of a TLS connection, which ends in wsd.
func TestProxyProtocol(t *testing.T) {
	for version, line := range map[string]string{"v1": "send-proxy\n", "v2": "send-proxy-v2\n"} {
		t.Run(version, func(t *testing.T) {
			program := servertest.Tool(t, "haproxy")
			s := newStage(t)
			upstream := servertest.Serve(t, "--ssl", "--proxyprotocol",
				"--trustproxy=127.0.0.1", "--sameorigin", "--dir="+s.scripts(t)).Address()
			s.startHAProxyTCP(t, program, "127.0.0.1:8443", upstream, "send-proxy-v2\n", line)
			// wsd's certificate is made for other names.
			d := door{"tls", "https", s.tls, servertest.TrustAny()}
			testEnviron(t, d, "/")
			testOrigin(t, d, "/")
			testMessages(t, d, "/")
			testCodes(t, d, "/")
		})
	}
}
