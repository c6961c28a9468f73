package server

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"wsd/server/servertest"
)

func itoa(n int) string { return strconv.Itoa(n) }

// wantPlaces fails unless n of the MaxForks places are taken.
func (s *testServer) wantPlaces(t testing.TB, n int64) {
	t.Helper()
	if got := s.forks.Load(); got != n {
		t.Errorf("%d places are taken, want %d", got, n)
	}
}

func wantBusy(t testing.TB, resp *http.Response) {
	t.Helper()
	wantStatus(t, resp, http.StatusTooManyRequests)
	wantHeader(t, resp.Header, "Retry-After", "5")
}

func (s *testServer) askUpgrade(t testing.TB, header ...string) *http.Response {
	t.Helper()
	resp, _ := s.ask(t, string(servertest.Request("/", header...)))
	return resp
}

func TestMaxForks(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Command: servertest.Play("print:up", "drain"), MaxForks: 2})
	one, two := s.client(t), s.client(t)
	one.Want("up")
	two.Want("up")
	for range 3 {
		wantBusy(t, s.askUpgrade(t))
	}
	if r := s.log.WaitN(t, 3, "all places are taken ({MaxForks})")[0]; r["level"] != LevelError.String() {
		t.Error(r)
	}
	one.Leave()
	s.log.Wait(t, "DISCONNECT")
	s.client(t).Want("up")
	wantBusy(t, s.askUpgrade(t))
	s.wantPlaces(t, 2)
}

// The place is the process's and not the WebSocket's: it is free before the
// client has answered the close frame.
func TestPlaceIsFreeWithProcess(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Command: servertest.Play("print:up"), MaxForks: 1})
	for range 20 {
		c := s.client(t)
		c.Want("up")
		c.WantCloseFrame(1000, "")
	}
	s.wantPlaces(t, 0)
}

func TestMaxForksZero(t *testing.T) {
	t.Parallel()
	s := serveSteps(t, "print:up", "drain")
	for range 5 {
		s.client(t).Want("up")
	}
	s.wantPlaces(t, 5)
}

func TestPlaceIsGivenBack(t *testing.T) {
	t.Parallel()
	refused := func(header ...string) func(*testing.T, *testServer) {
		return func(t *testing.T, s *testServer) { s.askUpgrade(t, header...) }
	}
	broken := filepath.Join(t.TempDir(), "broken")
	if err := os.WriteFile(broken, []byte("#!/no/such/interpreter\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		cfg  Config
		fail func(*testing.T, *testServer)
	}{
		"origin":        {Config{Origins: []string{"good.example"}}, refused("Origin: http://evil.example")},
		"bad handshake": {Config{}, refused("Sec-WebSocket-Key: b25lIHRvbyBtYW55IGtleQ==")},
		"cannot start": {Config{Command: []string{broken}}, func(t *testing.T, s *testServer) {
			s.client(t).WantClose(1011, "cannot start")
		}},
		"no hijacker": {Config{}, func(t *testing.T, s *testServer) {
			r := httptest.NewRequest("GET", "/", nil)
			for _, line := range []string{"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="} {
				name, value, _ := strings.Cut(line, ": ")
				r.Header.Set(name, value)
			}
			s.ServeHTTP(httptest.NewRecorder(), r)
		}},
		"fault": {Config{}, func(t *testing.T, s *testServer) {
			c := s.client(t)
			c.Send("\xff")
			c.WantClose(1007, "")
		}},
		"client gone at once": {Config{}, func(t *testing.T, s *testServer) { s.client(t).Conn.Close() }},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.cfg.Command == nil {
				tt.cfg.Command = servertest.Play("drain")
			}
			tt.cfg.MaxForks = 1
			s := serve(t, tt.cfg)
			tt.fail(t, s)
			within(t, "the session's end", s.Close) // which waits for what has begun
			s.wantPlaces(t, 0)
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files := serve(t, Config{ScriptDir: dir, Origins: []string{"https://good.example"}})
	for origin, want := range map[string]int{
		"https://good.example":    http.StatusNotFound, // past the origin's check
		"http://good.example":     http.StatusForbidden,
		"https://evil.example":    http.StatusForbidden,
		"https://x.good.example":  http.StatusForbidden,
		"https://good.example.tk": http.StatusForbidden,
		"null":                    http.StatusForbidden,
		"":                        http.StatusNotFound,
	} {
		header := []string{"Origin: " + origin}
		if origin == "" {
			header = nil
		}
		wantStatus(t, files.askUpgrade(t, header...), want)
	}
	if r := files.log.WaitN(t, 5, "origin refused")[0]; r["level"] != LevelInfo.String() {
		t.Error(r)
	}
	wantStatus(t, serve(t, Config{StaticDir: dir}).askUpgrade(t), http.StatusNotFound)

	closing := serveSteps(t, "drain")
	closing.Close()
	wantStatus(t, closing.askUpgrade(t), http.StatusServiceUnavailable)
	closing.wantPlaces(t, 0)
}
