package server

import (
	"crypto/tls"
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"wsd/server/certs"
	"wsd/server/servertest"
)

// A client that has sent something behind its request is seen to leave all the same:
// net/http reads one byte of that, and no further.
func TestClientLeavesBehindMore(t *testing.T) {
	t.Parallel()
	upgrade := string(servertest.Request("/"))
	for name, tt := range map[string]struct {
		cfg  Config
		sent string
	}{
		"CGI":           {Config{}, request("GET", "/play.cgi") + "x"},
		"CGI, body":     {Config{}, post("/play.cgi", "body") + "x"},
		"CGI, TLS":      {Config{TLS: &certs.Config{}}, request("GET", "/play.cgi") + "xyz"},
		"CGI, PROXY":    {Config{ProxyProtocol: true, TrustProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + request("GET", "/play.cgi") + "x"},
		"AuthCommand":   {Config{Command: servertest.Play("drain")}, upgrade + "x"},
		"first message": {Config{Command: servertest.Play("drain"), TLS: &certs.Config{}}, upgrade + string(textFrame("eager"))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			held := servertest.NewGate(t)
			tt.cfg.Addresses = []string{"127.0.0.1:0"}
			if tt.cfg.Command == nil {
				tt.cfg.CGIDir = cgiFolder(t, held.Hold(), "hang")
			} else {
				tt.cfg.AuthCommand = servertest.Play(held.Hold(), "hang")
			}
			r := run(t, tt.cfg)
			c := servertest.Connect(t, r.addr)
			if tt.cfg.TLS != nil {
				c = tls.Client(c, servertest.TrustAny())
			}
			if _, err := io.WriteString(c, tt.sent); err != nil {
				t.Fatal(err)
			}
			held.Reached()
			c.Close()
			held.Abandoned()
			r.log.Wait(t, "HTTP")
		})
	}
}

// A client that leaves behind a body that the CGI program doesn't read does not keep the
// program running.
func TestClientLeavesBehindBody(t *testing.T) {
	t.Parallel()
	s := serveTuned(t, Config{CGIDir: cgiFolder(t, "hang"), MaxForks: 1}, func(s *Server) { s.stallTimeout = 300 * time.Millisecond })
	c := s.dial(t)
	c.Write([]byte(post("/play.cgi", strings.Repeat("x", 100_000)))) // more than a pipe holds
	c.Conn.Close()
	s.log.Wait(t, "HTTP")
	s.wantPlaces(t, 0)
}
