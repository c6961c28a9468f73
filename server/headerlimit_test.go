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
	s := serve(t, Config{Command: servertest.Play("print:up", "drain"), MaxHeaderCount: 10})
	header := func(n int) []string { // with Connection, Upgrade, key and version, which each handshake sends
		return strings.Split(strings.Repeat("X-More: 1\n", n-5)+"X-Last: 1", "\n")
	}
	s.client(t, header(10)...).wantText("up") // and stays
	wantStatus(t, s.askUpgrade(t, header(11)...), http.StatusRequestHeaderFieldsTooLarge)
	resp, _ := s.get(t, "/", header(20)...)
	wantStatus(t, resp, http.StatusRequestHeaderFieldsTooLarge)
	records := s.log.wait(t, "too many header fields (--maxheadercount)", 2)
	records[0].wantAttrs(t, map[string]string{"fields": "11", "maxheadercount": "10"})
	if records[0].level != LevelWarn {
		t.Error(records[0])
	}
	s.wantPlaces(t, 1)
}

// Requests that no handler sees leave a line in the log all the same.
func TestUnreadRequests(t *testing.T) {
	for name, cfg := range map[string]Config{"TCP": {}, "TLS": {TLS: &certs.Config{}}} {
		cfg.Command, cfg.Addresses, cfg.MaxHeaderBytes = servertest.Play("print:up", "drain"), []string{"127.0.0.1:0"}, 2000
		t.Run(name, func(t *testing.T) {
			r := run(t, cfg)
			dial := func() net.Conn {
				if cfg.TLS != nil {
					return tls.Client(dialTCP(t, r.addr), insecure())
				}
				return dialTCP(t, r.addr)
			}
			answer := func(request string) string {
				c := newRawClient(t, dial())
				go io.WriteString(c.conn, request) // ends with the connection, which the server closes early
				b, _ := io.ReadAll(c.in)
				line, _, _ := strings.Cut(string(b), "\r\n")
				return line
			}
			const told = "a request was too large (--maxheaderbytes), malformed or cut off"
			long := string(upgradeRequest("test.example", "/", "Cookie: "+strings.Repeat("secret", 2000)))
			if line := answer(long); line != "HTTP/1.1 431 Request Header Fields Too Large" {
				t.Errorf("a long header is answered %q", line)
			}
			if rec := r.log.wait(t, told, 1)[0]; rec.level != LevelInfo || !strings.HasPrefix(rec.attrs["remote"], "127.0.0.1:") {
				t.Error(rec)
			}
			if line := answer("what is this\r\n\r\n"); line != "HTTP/1.1 400 Bad Request" {
				t.Errorf("no request is answered %q", line)
			}
			r.log.wait(t, told, 2)
			cut := dial()
			io.WriteString(cut, "GET / HTTP/1.1\r\nHost: tes")
			cut.Close()
			r.log.wait(t, told, 3)

			c := newRawClient(t, dial()).upgrade("/", "Cookie: "+strings.Repeat("c", 1500))
			c.wantText("up")
			c.close(1000)
			c.wantCloseCode(1000, "")
			r.log.end(t)
			newRawClient(t, dial()).conn.Close() // without a word, as a load balancer's check
			r.stop()
			r.wait(t)
			if n := len(r.log.all(told)); n != 3 {
				t.Errorf("%d requests are told, want 3", n)
			}
			n := 0
			r.unread.conns.Range(func(any, any) bool { n++; return true })
			if n != 0 {
				t.Errorf("%d connections are still watched", n)
			}
		})
	}
}
