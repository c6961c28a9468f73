package server

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"wsd/server/servertest"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Command: servertest.Play("print:up", "echo"), HealthPath: "/up", BasePath: "/ws", MaxForks: 1,
		HeaderHTTP: http.Header{"X-Server": {"one"}}})
	c := s.dial(t).Upgrade("/ws/up") // takes the only place
	c.Want("up")
	url := "http://" + s.addr
	for _, tt := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/up", 200, "ok\n"},
		{"GET", "/up?now", 200, "ok\n"},
		{"HEAD", "/up", 200, ""},
		{"POST", "/up", 405, "a health check is a GET or HEAD\n"},
		{"GET", "/up/", 404, "404 Not Found: there is nothing at this path\n"},
	} {
		resp, body := get(t, tt.method, url+tt.path)
		if resp.StatusCode != tt.status || body != tt.body || resp.Header.Get("X-Server") != "one" {
			t.Errorf("%s %s: %s %q, want %d %q", tt.method, tt.path, resp.Status, body, tt.status, tt.body)
		}
	}
	if records := s.log.All("HTTP"); len(records) != 1 || records[0]["path"] != "/up/" {
		t.Errorf("health checks are logged: %v", records)
	}
	c.Leave()

	s.Close()
	if resp, body := get(t, "GET", url+"/up"); resp.StatusCode != 503 || body != "shutting down\n" {
		t.Errorf("after Close: %s %q", resp.Status, body)
	}
}

// A WebSocket at the health path is one as anywhere.
func TestHealthUpgrade(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Command: servertest.Play("print:up"), HealthPath: "/up"})
	s.dial(t).Upgrade("/up").Want("up")
}

func TestHealthIsOff(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Command: servertest.Play("print:up")})
	w := httptest.NewRecorder()
	if s.ServeHTTP(w, httptest.NewRequest("GET", "/", nil)); w.Code != http.StatusUpgradeRequired {
		t.Errorf("GET / is answered %d", w.Code)
	}
}

// From the beginning of a shutdown on health checks fail, and everything else
// goes on until the time for that is over, or Kill is called.
func TestDrain(t *testing.T) {
	t.Parallel()
	r := run(t, Config{Command: servertest.Play("print:up", "echo"), Addresses: []string{"127.0.0.1:0"}, HealthPath: "/up", DrainTime: 10 * servertest.Patience})
	c := r.client(t)
	c.Want("up")
	kept := servertest.Connect(t, r.addr) // a balancer that keeps its connection
	defer kept.Close()
	answers := bufio.NewReader(kept)
	if status := probe(t, kept, answers); status != 200 {
		t.Fatalf("GET /up: %d", status)
	}
	r.stop()
	for probe(t, kept, answers) != 503 { // the shutdown may not have begun yet
	}
	if resp, _ := get(t, "GET", "http://"+r.addr+"/up"); resp.StatusCode != 503 {
		t.Errorf("by a new connection: %s", resp.Status)
	}
	c.WantEcho("still there")
	late := r.client(t)
	late.Want("up")
	late.WantEcho("new here")
	r.Kill()
	c.Conn.Close() // or the end of Run would wait for their close frames
	late.Conn.Close()
	r.wait(t)
}

// probe asks for the health and returns the status.
func probe(t *testing.T, conn interface{ Write([]byte) (int, error) }, answers *bufio.Reader) int {
	t.Helper()
	if _, err := fmt.Fprint(conn, "GET /up HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(answers, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

// After the time for it a shutdown goes its way.
func TestDrainEnds(t *testing.T) {
	t.Parallel()
	r := run(t, Config{Command: servertest.Play("print:up", "echo"), Addresses: []string{"127.0.0.1:0"}, HealthPath: "/up", DrainTime: time.Millisecond})
	c := r.client(t)
	c.Want("up")
	r.stop()
	c.WantClose(1001, "server is shutting down")
	r.wait(t)
}
