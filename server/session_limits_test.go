package server

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
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
	resp, _ := s.ask(t, string(upgradeRequest("test.example", "/", header...)))
	return resp
}

func TestMaxForks(t *testing.T) {
	s := serve(t, Config{Command: play("print:up", "drain"), MaxForks: 2})
	one, two := s.client(t), s.client(t)
	one.wantText("up")
	two.wantText("up")
	for range 3 {
		wantBusy(t, s.askUpgrade(t))
	}
	if r := s.log.wait(t, "all places are taken (--maxforks)", 3)[0]; r.level != LevelWarn {
		t.Error(r)
	}
	one.close(1000)
	one.wantCloseCode(1000, "")
	s.log.wait(t, "DISCONNECT", 1)
	s.client(t).wantText("up")
	wantBusy(t, s.askUpgrade(t))
	s.wantPlaces(t, 2)
}

// The place is the process's and not the WebSocket's: it is free before the
// client has answered the close frame.
func TestPlaceIsFreeWithProcess(t *testing.T) {
	s := serve(t, Config{Command: play("print:up"), MaxForks: 1})
	for range 20 {
		c := s.client(t)
		c.wantText("up")
		c.wantCloseCode(1000, "")
	}
	s.wantPlaces(t, 0)
}

func TestMaxForksZero(t *testing.T) {
	s := serveSteps(t, "print:up", "drain")
	for range 5 {
		s.client(t).wantText("up")
	}
	s.wantPlaces(t, 5)
}

func TestPlaceIsGivenBack(t *testing.T) {
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
			s.client(t).wantClose(1011, "cannot start")
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
			c.text("\xff")
			c.wantClose(1007, "")
		}},
		"client gone at once": {Config{}, func(t *testing.T, s *testServer) { s.client(t).conn.Close() }},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.cfg.Command == nil {
				tt.cfg.Command = play("drain")
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
	if r := files.log.wait(t, "origin refused", 5)[0]; r.level != LevelInfo {
		t.Error(r)
	}
	wantStatus(t, serve(t, Config{StaticDir: dir}).askUpgrade(t), http.StatusNotFound)

	closing := serveSteps(t, "drain")
	closing.Close()
	wantStatus(t, closing.askUpgrade(t), http.StatusServiceUnavailable)
	closing.wantPlaces(t, 0)
}

// What is a handshake, and what is not quite (RFC 6455 4.2.1).
func TestHandshakes(t *testing.T) {
	s := serve(t, Config{Command: play("print:up", "drain"), MaxForks: 1})
	good := map[string]string{
		"Host":                  "test.example",
		"Connection":            "Upgrade",
		"Upgrade":               "websocket",
		"Sec-WebSocket-Version": "13",
		"Sec-WebSocket-Key":     "dGhlIHNhbXBsZSBub25jZQ==",
	}
	for _, tt := range []struct {
		name, line string
		change     map[string]string // "" removes
		extra      string
		want       int
	}{
		{name: "as it should be", want: 101},
		{name: "Connection with more", change: map[string]string{"Connection": "keep-alive, Upgrade"}, want: 101},
		{name: "Connection in two lines", extra: "Connection: keep-alive\r\n", want: 101},
		{name: "Connection in small letters", change: map[string]string{"Connection": "upgrade"}, want: 101},
		{name: "Upgrade in mixed case", change: map[string]string{"Upgrade": "WebSocket"}, want: 101},
		{name: "Upgrade with more", change: map[string]string{"Upgrade": "h2c,  websocket"}, want: 101},
		{name: "extension offered", extra: "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n", want: 101},
		{name: "protocols offered", extra: "Sec-WebSocket-Protocol: chat, superchat\r\n", want: 101},
		{name: "absolute form", line: "GET http://test.example/ HTTP/1.1", want: 101},
		{name: "no key", change: map[string]string{"Sec-WebSocket-Key": ""}, want: 400},
		{name: "two keys", extra: "Sec-WebSocket-Key: b25lIHRvbyBtYW55IGtleQ==\r\n", want: 400},
		{name: "a key that is too short", change: map[string]string{"Sec-WebSocket-Key": "c2hvcnQ="}, want: 400},
		{name: "a key that is no base64", change: map[string]string{"Sec-WebSocket-Key": "!!!!!!!!!!!!!!!!!!!!!!=="}, want: 400},
		{name: "version 8", change: map[string]string{"Sec-WebSocket-Version": "8"}, want: -13},
		{name: "no version", change: map[string]string{"Sec-WebSocket-Version": ""}, want: -13},
		{name: "version 13 and 8", extra: "Sec-WebSocket-Version: 8\r\n", want: -13},
		{name: "a body", extra: "Content-Length: 5\r\n", want: 400},
		{name: "a body in chunks", extra: "Transfer-Encoding: chunked\r\n", want: 400},
		{name: "POST", line: "POST / HTTP/1.1", extra: "Content-Length: 0\r\n", want: 405},
		{name: "HTTP/1.0", line: "GET / HTTP/1.0", want: 426},
		{name: "Connection: keep-alive", change: map[string]string{"Connection": "keep-alive"}, want: 426},
		{name: "no Connection", change: map[string]string{"Connection": ""}, want: 426},
		{name: "no Upgrade", change: map[string]string{"Upgrade": ""}, want: 426},
		{name: "Upgrade: h2c", change: map[string]string{"Upgrade": "h2c"}, want: 426},
		{name: "Upgrade: websocket2", change: map[string]string{"Upgrade": "websocket2"}, want: 426},
		{name: "no Host", change: map[string]string{"Host": ""}, want: 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			line := "GET / HTTP/1.1"
			if tt.line != "" {
				line = tt.line
			}
			var r strings.Builder
			r.WriteString(line + "\r\n")
			for name, value := range good {
				if changed, ok := tt.change[name]; ok {
					value = changed
				}
				if value != "" {
					r.WriteString(name + ": " + value + "\r\n")
				}
			}
			r.WriteString(tt.extra + "\r\n")
			ends := len(s.log.all("DISCONNECT"))
			c := newRawClient(t, dialTCP(t, s.addr))
			c.write([]byte(r.String()))
			resp, err := http.ReadResponse(c.in, nil)
			if err != nil {
				t.Fatal(err)
			}
			wantHandshake(t, resp, tt.want)
			if resp.StatusCode != http.StatusSwitchingProtocols {
				return
			}
			wantHeader(t, resp.Header, "Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
			wantHeader(t, resp.Header, "Sec-WebSocket-Extensions")
			wantHeader(t, resp.Header, "Sec-WebSocket-Protocol")
			c.wantText("up")
			c.close(1000)
			c.wantCloseCode(1000, "")
			s.log.wait(t, "DISCONNECT", ends+1)
		})
	}
	s.wantPlaces(t, 0)
}

// wantHandshake checks the status of a handshake's answer; -13 is the answer to
// a version other than 13 (RFC 6455 4.2.2).
func wantHandshake(t *testing.T, resp *http.Response, want int) {
	t.Helper()
	if want != -13 {
		wantStatus(t, resp, want)
		if want == http.StatusMethodNotAllowed {
			wantHeader(t, resp.Header, "Allow", "GET")
		}
		return
	}
	wantStatus(t, resp, http.StatusUpgradeRequired)
	wantHeader(t, resp.Header, "Upgrade", "websocket")
	wantHeader(t, resp.Header, "Sec-WebSocket-Version", "13")
}
