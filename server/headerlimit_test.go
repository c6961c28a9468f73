package server

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"wsd/server/certs"
	"wsd/server/servertest"
)

func TestMaxHeaderCount(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Command: servertest.Play("print:up", "drain"), MaxHeaderCount: 10})
	header := func(n int) []string { // with Connection, Upgrade, key and version, which each handshake sends
		return strings.Split(strings.Repeat("X-More: 1\n", n-5)+"X-Last: 1", "\n")
	}
	s.client(t, header(10)...).Want("up") // and stays
	wantStatus(t, s.askUpgrade(t, header(11)...), http.StatusRequestHeaderFieldsTooLarge)
	resp, _ := s.get(t, "/", header(20)...)
	wantStatus(t, resp, http.StatusRequestHeaderFieldsTooLarge)
	records := s.log.WaitN(t, 2, "too many header fields ({MaxHeaderCount})")
	records[0].Want(t, "fields", "11", "maxheadercount", "10")
	if records[0]["level"] != LevelWarn.String() {
		t.Error(records[0])
	}
	s.wantPlaces(t, 1)
}

// net/http refuses what is too large, or not a request, before any handler.
func TestHeaderTooLarge(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]Config{"TCP": {}, "TLS": {TLS: &certs.Config{}}} {
		cfg.Command, cfg.Addresses, cfg.MaxHeaderBytes = servertest.Play("print:up", "drain"), []string{"127.0.0.1:0"}, 2000
		t.Run(name, func(t *testing.T) {
			r := run(t, cfg)
			dial := func() net.Conn {
				if cfg.TLS != nil {
					return tls.Client(servertest.Connect(t, r.addr), servertest.TrustAny())
				}
				return servertest.Connect(t, r.addr)
			}
			answer := func(request string) string {
				c := servertest.NewClient(t, dial())
				go io.WriteString(c.Conn, request) // ends with the connection, which the server closes early
				b, _ := io.ReadAll(c.In)
				line, _, _ := strings.Cut(string(b), "\r\n")
				return line
			}
			long := string(servertest.Request("/", "Cookie: "+strings.Repeat("secret", 2000)))
			if line := answer(long); line != "HTTP/1.1 431 Request Header Fields Too Large" {
				t.Errorf("a long header is answered %q", line)
			}
			if line := answer("what is this\r\n\r\n"); line != "HTTP/1.1 400 Bad Request" {
				t.Errorf("no request is answered %q", line)
			}
			c := servertest.NewClient(t, dial()).Upgrade("/", "Cookie: "+strings.Repeat("c", 1500))
			c.Want("up")
			c.Leave()
			r.log.Wait(t, "DISCONNECT")
		})
	}
}
