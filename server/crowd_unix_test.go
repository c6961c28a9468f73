//go:build unix

package server

import (
	"net/http"
	"testing"
	"time"

	"wsd/server/servertest"
)

// However many connections are held without a request, idle or by CGI programs, the
// next one is served, and none of a CGI program is closed for it.
func TestManyConnections(t *testing.T) {
	t.Parallel()
	const limit = 5
	gate := servertest.NewGate(t)
	s := serveTuned(t, Config{CGIDir: cgiFolder(t, gate.Step(), plainText, "print:", "print:done"), HealthPath: "/up"}, func(s *Server) {
		s.conns.limit, s.conns.waitingGrace = limit, 50*time.Millisecond
	})
	program := s.dial(t)
	program.Write([]byte(request("GET", "/play.cgi")))
	gate.Reached()
	for i := range 3 * limit {
		c := s.dial(t)
		if i%2 == 0 {
			c.Write([]byte(request("GET", "/up")))
		} else {
			c.Write([]byte("GET / HTTP/1.1\r\nX-Slow: "))
		}
	}
	resp, _ := s.get(t, "/up")
	wantStatus(t, resp, http.StatusOK)
	if n := s.plainConns(); n > limit {
		t.Errorf("%d connections are open, want %d at most", n, limit)
	}
	if got := s.log.All("", "limit", itoa(limit)); len(got) != 1 {
		t.Errorf("warnings: %v", got)
	}
	gate.Open()
	answer, err := http.ReadResponse(program.In, nil)
	if err != nil {
		t.Fatal(err)
	}
	wantStatus(t, answer, http.StatusOK)
}
