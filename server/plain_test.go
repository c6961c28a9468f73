package server

import (
	"bufio"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"wsd/server/servertest"
)

// ask sends a request as it is, on a connection of its own, and returns the
// answer with all of its body.
func (s *testServer) ask(t testing.TB, request string) (*http.Response, string) {
	t.Helper()
	conn := servertest.Connect(t, s.addr)
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(servertest.Patience))
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(request, " ")
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("reading the answer to %q: %v", request, err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("reading the answer's body: %v", err)
	}
	return resp, string(body)
}

// request is an HTTP/1.1 request without a body.
func request(method, path string, header ...string) string {
	return method + " " + path + " HTTP/1.1\r\nHost: test.example\r\n" + strings.Join(append(header, "\r\n"), "\r\n")
}

func (s *testServer) get(t testing.TB, path string, header ...string) (*http.Response, string) {
	t.Helper()
	return s.ask(t, request("GET", path, append(header, "Connection: close")...))
}

func wantStatus(t testing.TB, resp *http.Response, want int) {
	t.Helper()
	if resp.StatusCode != want {
		t.Errorf("answered %s, want %d", resp.Status, want)
	}
}

func wantHeader(t testing.TB, h http.Header, name string, want ...string) {
	t.Helper()
	if got := h.Values(name); !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", name, got, want)
	}
}

func TestAdvice(t *testing.T) {
	t.Parallel()
	s := serveSteps(t, "drain")
	for _, method := range []string{"GET", "POST", "PUT", "DELETE", "OPTIONS"} {
		resp, body := s.ask(t, request(method, "/some/path?token=secret", "Connection: close"))
		wantStatus(t, resp, http.StatusUpgradeRequired)
		wantHeader(t, resp.Header, "Upgrade", "websocket") // RFC 9110 15.5.22
		wantHeader(t, resp.Header, "Content-Type", "text/plain; charset=utf-8")
		if !strings.Contains(body, `"ws://test.example/some/path"`) || strings.Contains(body, "secret") {
			t.Errorf("%s: %q", method, body)
		}
	}
	resp, body := s.ask(t, request("HEAD", "/", "Connection: close"))
	wantStatus(t, resp, http.StatusUpgradeRequired)
	wantHeader(t, resp.Header, "Upgrade", "websocket")
	if body != "" {
		t.Errorf("HEAD is answered with the body %q", body)
	}
}

func TestAdviceNowhere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, s := range map[string]*testServer{
		"command":    serveSteps(t, "drain"),
		"folder":     serve(t, Config{ScriptDir: dir}),
		"no backend": serve(t, Config{StaticDir: dir}),
	} {
		for _, path := range []string{"/none", "/../x", "/%2e%2e/x", "/a%00b"} {
			if name == "command" && path == "/none" {
				continue // every path is the command's
			}
			resp, body := s.get(t, path)
			wantStatus(t, resp, http.StatusNotFound)
			wantHeader(t, resp.Header, "Upgrade")
			if strings.Contains(body, dir) {
				t.Errorf("%s: the answer tells where the folder is: %q", name, body)
			}
		}
	}
}

// TestScriptsUnreadable: nobody can tell whether there is a backend when the folder
// of backends has gone, so that is the server's fault and not the client's.
func TestScriptsUnreadable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := serve(t, Config{ScriptDir: dir})
	if err := os.Remove(dir); err != nil {
		t.Skipf("a folder in use can't be removed here: %v", err)
	}
	resp, _ := s.get(t, "/any")
	wantStatus(t, resp, http.StatusInternalServerError)
}

// CGI programs, then files, then the console, then advice.
func TestPlainOrder(t *testing.T) {
	t.Parallel()
	files := t.TempDir()
	for _, name := range []string{"play.cgi", "page.txt"} {
		if err := os.WriteFile(filepath.Join(files, name), []byte("a file"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cfg := Config{Command: servertest.Play("drain"), StaticDir: files, DevConsole: true}
	s := serve(t, cfg)
	for path, want := range map[string]string{"/play.cgi": "a file", "/page.txt": "a file", "/": "<!doctype html>", "/none": "<!doctype html>"} {
		resp, body := s.get(t, path)
		wantStatus(t, resp, http.StatusOK)
		if !strings.HasPrefix(strings.ToLower(body), want) {
			t.Errorf("%s: %.60q, want %q", path, body, want)
		}
	}
	resp, _ := s.ask(t, request("POST", "/page.txt", "Connection: close"))
	wantStatus(t, resp, http.StatusMethodNotAllowed)
	wantHeader(t, resp.Header, "Allow", "GET, HEAD")
	// An upgrade goes to the backend wherever a file is.
	s.dial(t).Upgrade("/page.txt").Conn.Close()
}

// TestConsoleBackends: the page names the programs that a client could connect to
// anyway, and only where that is so.
func TestConsoleBackends(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, mode := range map[string]os.FileMode{"b c.cmd": 0o755, "notes.txt": 0o644, ".hidden.cmd": 0o755} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	const listed, none = `data-backends="[&#34;/base/b%20c.cmd&#34;]"`, `data-backends="[]"`
	for name, tt := range map[string]struct {
		cfg  Config
		want string
	}{
		"a folder":               {Config{ScriptDir: dir}, listed},
		"a folder that has gone": {Config{ScriptDir: filepath.Join(dir, "gone")}, none},
		"a command":              {Config{Command: servertest.Play("drain")}, none},
		"a program decides":      {Config{ScriptDir: dir, AuthCommand: servertest.Play("exit:2")}, none},
	} {
		tt.cfg.DevConsole, tt.cfg.BasePath = true, "/base"
		resp, body := serve(t, tt.cfg).get(t, "/base/")
		wantStatus(t, resp, http.StatusOK)
		if !strings.Contains(body, tt.want) || strings.Contains(body, filepath.ToSlash(dir)) {
			t.Errorf("%s: the page does not have %s, or it tells where the folder is: %.600q", name, tt.want, body)
		}
	}
	// A stranger learns nothing.
	guarded := serve(t, Config{ScriptDir: dir, DevConsole: true, PasswordFile: passwordFile(t, adaFile)})
	resp, body := guarded.get(t, "/")
	wantStatus(t, resp, http.StatusUnauthorized)
	if strings.Contains(body, ".cmd") {
		t.Errorf("a stranger is told the programs: %q", body)
	}
}

func configuredHeaders() Config {
	return Config{
		Header:     http.Header{"X-All": {"one", "two"}, "Server": {"mine"}},
		HeaderWS:   http.Header{"X-Upgrade": {"u"}, "X-Both": {"ws"}},
		HeaderHTTP: http.Header{"X-Plain": {"p"}, "X-Both": {"http"}},
	}
}

func TestConfiguredHeadersOfUpgrade(t *testing.T) {
	t.Parallel()
	cfg := configuredHeaders()
	cfg.Command = servertest.Play("drain")
	s := serve(t, cfg)
	h := s.dial(t).Shake("/").Header
	wantHeader(t, h, "X-All", "one", "two")
	wantHeader(t, h, "Server", "mine")
	wantHeader(t, h, "X-Upgrade", "u")
	wantHeader(t, h, "X-Both", "ws")
	wantHeader(t, h, "X-Plain")
}

// An upgrade that is refused is a plain answer.
func TestConfiguredHeadersOfPlainAnswers(t *testing.T) {
	t.Parallel()
	cfg := configuredHeaders()
	cfg.ScriptDir, cfg.StaticDir = t.TempDir(), t.TempDir()
	cfg.Origins = []string{"good.example"}
	if err := os.WriteFile(filepath.Join(cfg.StaticDir, "page.txt"), []byte("a file"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := serve(t, cfg)
	upgrade := func(header ...string) string { return string(servertest.Request("/none", header...)) }
	for status, r := range map[int]string{
		http.StatusOK:               request("GET", "/page.txt", "Connection: close"),
		http.StatusMethodNotAllowed: request("POST", "/page.txt", "Connection: close"),
		http.StatusNotFound:         upgrade(),
		http.StatusForbidden:        upgrade("Origin: http://evil.example"),
	} {
		resp, _ := s.ask(t, r)
		wantStatus(t, resp, status)
		wantHeader(t, resp.Header, "X-All", "one", "two")
		wantHeader(t, resp.Header, "Server", "mine")
		wantHeader(t, resp.Header, "X-Plain", "p")
		wantHeader(t, resp.Header, "X-Both", "http")
		wantHeader(t, resp.Header, "X-Upgrade")
	}
}

func TestAccessLog(t *testing.T) {
	t.Parallel()
	files := t.TempDir()
	if err := os.WriteFile(filepath.Join(files, "page.txt"), []byte("a file"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := serve(t, Config{Command: servertest.Play("drain"), StaticDir: files})
	s.get(t, "/page.txt?token=secret")
	s.ask(t, request("HEAD", "/page.txt", "Connection: close"))
	_, advice := s.ask(t, request("POST", "/b%20c", "Connection: close"))
	want := [][]string{
		{"method", "GET", "path", "/page.txt", "status", "200", "bytes", "6"},
		{"method", "HEAD", "path", "/page.txt", "status", "200", "bytes", "0"},
		{"method", "POST", "path", "/b c", "status", "404", "bytes", itoa(len(advice))},
	}
	for i, r := range s.log.WaitN(t, len(want), "HTTP") {
		r.Want(t, want[i]...)
		if r["level"] != LevelAccess.String() || !strings.HasPrefix(r["remote"], "127.0.0.1:") {
			t.Error(r)
		}
	}
}

// secrets are what a request carries that lets someone in.
var secrets = []string{
	"Authorization: Bearer secret", "Cookie: id=secret", "Proxy-Authorization: Basic secret",
	"Sec-WebSocket-Protocol: chat, secret", "Referer: https://a.example/?token=secret", "X-Api-Key: secret",
}

// askEverything brings about each record that a request can cause.
func askEverything(t *testing.T, level slog.Level) *servertest.Log {
	book := new(servertest.Log)
	files := t.TempDir()
	if err := os.WriteFile(filepath.Join(files, "page.txt"), []byte("a file"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := serve(t, Config{
		Command:   servertest.Play("print:up", "drain"),
		StaticDir: files,
		Origins:   []string{"good.example"},
		MaxForks:  1,
		Log:       logTo(book, level),
	})
	const query = "?token=secret"
	c := s.dial(t).Upgrade("/chat"+query, secrets...)
	c.Want("up")
	upgrade := func(header ...string) string {
		return string(servertest.Request("/chat"+query, append(header, secrets...)...))
	}
	for _, r := range []string{
		request("GET", "/page.txt"+query, append(secrets, "Connection: close")...),
		request("GET", "/none"+query, append(secrets, "Connection: close")...),
		request("GET", "/../none"+query, append(secrets, "Connection: close")...),
		upgrade(),                              // no place
		upgrade("Origin: http://evil.example"), // refused
	} {
		s.ask(t, r)
	}
	c.Leave()
	book.Wait(t, "DISCONNECT")
	s.ask(t, strings.Replace(upgrade(), "Version: 13", "Version: 8", 1)) // a bad handshake
	book.WaitN(t, 6, "HTTP")
	return book
}

// Whatever lets someone in is in no log.
func TestLogKeepsSecrets(t *testing.T) {
	t.Parallel()
	for _, level := range []slog.Level{LevelAccess, LevelTrace, LevelDebug} {
		if text := askEverything(t, level).Text(); strings.Contains(text, "secret") {
			t.Errorf("at level %v the log says:\n%s", level, text)
		}
	}
}

// The debug log has the names of all headers, and what helps to find a fault.
func TestDebugLog(t *testing.T) {
	t.Parallel()
	text := askEverything(t, LevelDebug).Text()
	for _, want := range []string{`"Authorization":"(not logged)"`, `"X-Api-Key":"(not logged)"`, `"Upgrade":"websocket"`, `"Sec-Websocket-Version":"13"`} {
		if !strings.Contains(text, want) {
			t.Errorf("the debug log has no %s:\n%s", want, text)
		}
	}
}

// TestConsoleHostileHost sends what a browser never would: net/http lets a Host
// through that would end a directive, and so might a proxy.
func TestConsoleHostileHost(t *testing.T) {
	t.Parallel()
	cfg := behindProxy("end")
	cfg.DevConsole = true
	server := serve(t, cfg)
	for header, policy := range map[string]string{
		"Host": "'self'",
		// What a proxy says that is no host is ignored as a whole.
		"Host: good.example\r\nX-Forwarded-Host": "'self' ws://good.example wss://good.example",
	} {
		for _, host := range []string{"a;script-src", "a,b;c", "'unsafe-inline'", "*", "a;img-src:*"} {
			res, _ := server.ask(t, "GET / HTTP/1.1\r\n"+header+": "+host+"\r\nConnection: close\r\n\r\n")
			_, got, _ := strings.Cut(res.Header.Get("Content-Security-Policy"), "connect-src ")
			if got != policy || res.StatusCode != 200 {
				t.Errorf("%s %q: status %d, connect-src %q, want %s", header, host, res.StatusCode, got, policy)
			}
		}
	}
}

// Whatever comes behind a request whose end a proxy may have seen elsewhere is not taken
// for a request (RFC 9112 6.1, 11.2).
func TestUnclearEnd(t *testing.T) {
	t.Parallel()
	static := t.TempDir()
	servertest.Write(t, filepath.Join(static, "file"), "text", 0o644)
	cfg := Config{Command: servertest.Play("drain"), StaticDir: static, HealthPath: "/up", Header: http.Header{"Connection": {"keep-alive"}}}
	s := serve(t, cfg)
	redirects := httptest.NewServer(redirectHandler(8443, true))
	defer redirects.Close()
	const chunked, length = "Transfer-Encoding: chunked\r\n", "Content-Length: 5\r\n"
	for name, tt := range map[string]struct {
		version, header, body string
		last                  bool
	}{
		"no body":          {"1.1", "", "", false},
		"length":           {"1.1", length, "hello", true}, // it is clear, and nobody wants it
		"chunks":           {"1.1", chunked, "0\r\n\r\n", true},
		"both":             {"1.1", length + chunked, "0\r\n\r\n", true},
		"both, reversed":   {"1.1", chunked + length, "0\r\n\r\n", true},
		"Upgrade":          {"1.1", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 99\r\n", "", true},
		"half an upgrade":  {"1.1", "Upgrade: WebSocket\r\n", "", true},
		"HTTP/1.0":         {"1.0", "Connection: keep-alive\r\n", "", true},
		"HTTP/1.0, chunks": {"1.0", "Connection: keep-alive\r\n" + chunked, "", true},
		"HTTP/1.0, both":   {"1.0", "Connection: keep-alive\r\n" + length + chunked, "0\r\n\r\n", true},
	} {
		for _, path := range []string{"/", "/file", "/up", "/none/", "redirect"} {
			t.Run(name+" "+path, func(t *testing.T) {
				addr := s.addr
				if path == "redirect" {
					addr = redirects.Listener.Addr().String()
				}
				conn := servertest.Connect(t, addr)
				defer conn.Close()
				conn.SetDeadline(time.Now().Add(servertest.Patience))
				request := "GET /" + strings.TrimPrefix(path, "/") + " HTTP/" + tt.version + "\r\nHost: test.example\r\n" + tt.header + "\r\n" + tt.body
				io.WriteString(conn, request+"GET /hidden HTTP/1.1\r\nHost: test.example\r\nConnection: close\r\n\r\n")
				text, err := io.ReadAll(conn)
				if want := 2 - map[bool]int{true: 1}[tt.last]; strings.Count(string(text), "\r\nDate: ") != want {
					t.Errorf("want %d answers: %v\n%s", want, err, text)
				}
			})
		}
	}
	if hidden := s.log.All("HTTP", "path", "/hidden"); len(hidden) != 4 {
		t.Errorf("%d requests hidden behind others are in the log, want those behind a clear one", len(hidden))
	}
}

// What could be a file and is none is 404, and anything else at a WebSocket's path 426.
func TestAdviceStatus(t *testing.T) {
	t.Parallel()
	command := servertest.Play("drain")
	for _, tt := range []struct {
		cfg  Config
		want int
	}{
		{Config{Command: command}, 426},
		{Config{Command: command, StaticDir: t.TempDir()}, 404},
		{Config{Command: command, CGIDir: t.TempDir()}, 404},
		{Config{Command: command, StaticDir: t.TempDir(), DevConsole: true}, 200},
	} {
		s := serve(t, tt.cfg)
		for _, path := range []string{"/", "/none.png"} {
			resp, body := s.get(t, path)
			if wantStatus(t, resp, tt.want); tt.want != 200 && !strings.Contains(body, "this is a WebSocket server") {
				t.Errorf("%s is answered %q", path, body)
			}
		}
		s.client(t).Leave() // for upgrades nothing changes
	}
}

// HTTP/1.0 has no Upgrade. Who forgot to tell a proxy so finds the reason in the log.
func TestUpgradeByOldHTTP(t *testing.T) {
	t.Parallel()
	s := serveSteps(t, "drain")
	resp, _ := s.ask(t, strings.Replace(string(servertest.Request("/x")), "HTTP/1.1", "HTTP/1.0", 1))
	wantStatus(t, resp, http.StatusUpgradeRequired)
	r := s.log.Wait(t, "a WebSocket can't begin by HTTP/1.0", "path", "/x")
	if r["level"] != LevelWarn.String() || !strings.Contains(r["hint"], "HTTP/1.1") || r["remote"] == "" {
		t.Error(r)
	}
	resp, _ = s.ask(t, "GET / HTTP/1.0\r\n\r\n")
	wantStatus(t, resp, http.StatusUpgradeRequired)
	if got := s.log.All("a WebSocket can't begin by HTTP/1.0"); len(got) != 1 {
		t.Errorf("a plain request is taken for a handshake: %v", got)
	}
}
