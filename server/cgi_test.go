//go:build unix

package server

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"wsd/server/servertest"
)

// cgiFolder is a folder with one program, /play.cgi, that takes these steps.
func cgiFolder(t testing.TB, steps ...string) string {
	t.Helper()
	dir := t.TempDir()
	addProgram(t, dir, "play.cgi", steps...)
	return dir
}

// addProgram makes a file that runs a backend of these steps.
func addProgram(t testing.TB, dir, name string, steps ...string) {
	t.Helper()
	var script strings.Builder
	script.WriteString("#!/bin/sh\nexec")
	for _, word := range servertest.Play(steps...) {
		script.WriteString(" '" + strings.ReplaceAll(word, "'", `'\''`) + "'")
	}
	servertest.WriteProgram(t, filepath.Join(dir, name), script.String()+"\n")
}

// serveCGISteps serves a CGI program that takes these steps.
func serveCGISteps(t testing.TB, steps ...string) *testServer {
	t.Helper()
	return serve(t, Config{CGIDir: cgiFolder(t, steps...)})
}

// isRunning reports whether a process is there that is no zombie.
func isRunning(t *testing.T, pid string) bool {
	t.Helper()
	n, err := strconv.Atoi(pid)
	if err != nil {
		t.Fatal(err)
	}
	return syscall.Kill(n, 0) == nil
}

// Run waits for CGI programs as for backends: the command ends after it, and
// would leave them behind.
func TestRunWaitsForCGI(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: wsd gives a program six seconds")
	}
	t.Parallel()
	dir := cgiFolder(t, "print:Content-Type: text/plain", "print:", "pid", "ignore:SIGINT", "hang")
	r := run(t, Config{CGIDir: dir, Addresses: []string{"127.0.0.1:0"}})
	resp, err := http.Get("http://" + r.addr + "/play.cgi")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	pid, err := bufio.NewReader(resp.Body).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid = strings.TrimSpace(pid)
	r.stop()
	r.wait(t)
	if isRunning(t, pid) {
		t.Errorf("Run has returned, and the CGI program %s still runs", pid)
	}
	http.DefaultClient.CloseIdleConnections()
}

// A program that does not read its input answers all the same. The connection
// ends with the answer to a request that has a body: see runCGI.
func TestCGIIgnoresBody(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	addProgram(t, dir, "deaf.cgi", "print:Content-Length: 2", "print:Content-Type: text/plain", "print:", "write:6f6b")
	s := serve(t, Config{CGIDir: dir})
	conn := servertest.Connect(t, s.addr)
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(servertest.Patience))
	body := strings.Repeat("b", 80_000)
	fmt.Fprintf(conn, "POST /deaf.cgi HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(resp.Body); err != nil || string(b) != "ok" {
		t.Errorf("%q, %v", b, err)
	}
	if !resp.Close {
		t.Error("the answer does not say that the connection ends with it")
	}
}

const plainText = "print:Content-Type: text/plain"

func TestCGIAnswer(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		steps  []string
		status int
		header map[string]string
		body   string
	}{
		{"type", []string{plainText, "print:", "print:hello"}, 200, map[string]string{"Content-Type": "text/plain"}, "hello\n"},
		{"CRLF", []string{"print:Content-Type: text/plain\r", "print:\r", "print:hello"}, 200, map[string]string{"Content-Type": "text/plain"}, "hello\n"},
		{"no body", []string{plainText, "print:"}, 200, nil, ""},
		{"status", []string{"print:Status: 404 Nothing", plainText, "print:", "print:none"}, 404, map[string]string{"Status": ""}, "none\n"},
		{"status alone", []string{"print:Status: 204", "print:"}, 204, nil, ""},
		{"location", []string{"print:Location: https://there.example/x?y", "print:"}, 302, map[string]string{"Location": "https://there.example/x?y"}, ""},
		{"location and status", []string{"print:Status: 301 Moved", "print:Location: /there", "print:"}, 301, map[string]string{"Location": "/there"}, ""},
		{"status line", []string{"print:HTTP/1.0 200 OK", plainText, "print:", "print:hello"}, 200, map[string]string{"Content-Type": "text/plain"}, "hello\n"},
		{"status line, CRLF", []string{"print:HTTP/1.1 404 Not Found\r", "print:Content-Type: text/plain\r", "print:\r"}, 404, nil, ""},
		{"status line alone", []string{"print:HTTP/1.1 204", "print:"}, 204, nil, ""},
		{"status line and status", []string{"print:HTTP/1.1 200 OK", "print:Status: 403", plainText, "print:"}, 403, nil, ""},
		{"more headers", []string{plainText, "print:x-own: 1", "print:"}, 200, map[string]string{"X-Own": "1"}, ""},
		{"content length", []string{plainText, "print:Content-Length: 3", "print:", "write:616263"}, 200, map[string]string{"Content-Length": "3"}, "abc"},
		{"not the end", []string{plainText, "print:", "print:hello", "exit:3"}, 200, nil, "hello\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serveCGISteps(t, tt.steps...)
			resp, body := s.get(t, "/play.cgi")
			wantStatus(t, resp, tt.status)
			if body != tt.body {
				t.Errorf("body %q, want %q", body, tt.body)
			}
			for name, want := range tt.header {
				if got := resp.Header.Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			s.Close()
			s.wantPlaces(t, 0)
		})
	}
}

// What is no answer is 502, and the program's own words are logged but not shown.
func TestCGIBadAnswer(t *testing.T) {
	t.Parallel()
	for name, steps := range map[string][]string{
		"nothing":             {"exit:0"},
		"failed":              {"exit:9"},
		"no header":           {"print:private words", "print:"},
		"no blank line":       {plainText},
		"no end of line":      {"write:" + hex.EncodeToString([]byte("Content-Type: text/plain"))},
		"no type":             {"print:X-Own: 1", "print:", "print:private words"},
		"blank line first":    {"print:", "print:private words"},
		"status no number":    {"print:Status: good", plainText, "print:"},
		"status line alone":   {"write:" + hex.EncodeToString([]byte("HTTP/1.1 200 OK\n"))},
		"status line bad":     {"print:HTTP/1.1 good", plainText, "print:"},
		"status line 101":     {"print:HTTP/1.1 101 Switching Protocols", "print:Upgrade: websocket", "print:"},
		"long status line":    {"write:" + hex.EncodeToString([]byte("HTTP/1.1 200 ")), "long:3000000"},
		"status 99":           {"print:Status: 99", plainText, "print:"},
		"status 101":          {"print:Status: 101", plainText, "print:"},
		"status 600":          {"print:Status: 600", plainText, "print:"},
		"long line":           {"long:3000000"},
		"long header":         {plainText, "write:" + hex.EncodeToString([]byte("X-Own: ")), "long:3000000", "print:", "print:"},
		"prints a secret":     {"print:token=secret"},
		"secret for a line":   {plainText, "print:token=secret", "print:"},
		"secret for a status": {"print:Status: secret", plainText, "print:"},
		"then hangs":          {"print:private words", "print:", "hang"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveCGISteps(t, steps...)
			resp, body := s.get(t, "/play.cgi?token=secret")
			wantStatus(t, resp, http.StatusBadGateway)
			if strings.Contains(body, "private") {
				t.Errorf("the answer is %q", body)
			}
			r := s.log.Wait(t, "bad answer of a CGI program")
			if r["level"] != LevelError.String() || r["path"] != "/play.cgi" || r["err"] == "" {
				t.Error(r)
			}
			s.Close()
			s.wantPlaces(t, 0)
			if strings.Contains(s.log.Text(), "secret") {
				t.Errorf("the log has the query: %s", s.log.Text())
			}
		})
	}
}

func TestCGICannotStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "broken"), []byte("#!/no/such/interpreter\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	s := serve(t, Config{CGIDir: dir, MaxForks: 1})
	for range 3 {
		resp, body := s.get(t, "/broken")
		wantStatus(t, resp, http.StatusInternalServerError)
		if strings.Contains(body, dir) {
			t.Errorf("the answer is %q", body)
		}
	}
	s.Close()
	s.wantPlaces(t, 0)
}

// CGI programs count as backends do.
func TestCGICountsAsFork(t *testing.T) {
	t.Parallel()
	before := servertest.NewGate(t)
	s := serve(t, Config{
		Command:  servertest.Play("print:up", "drain"),
		CGIDir:   cgiFolder(t, before.Step(), plainText, "print:"),
		MaxForks: 1,
	})
	c := s.client(t)
	c.Want("up")
	resp, _ := s.get(t, "/play.cgi")
	wantBusy(t, resp)
	c.Leave()
	s.log.Wait(t, "DISCONNECT")

	answered := make(chan *http.Response, 1)
	go func() { // ends when the gate is open
		resp, _ := s.get(t, "/play.cgi")
		answered <- resp
	}()
	before.Reached()
	wantBusy(t, s.askUpgrade(t))
	resp, _ = s.get(t, "/play.cgi")
	wantBusy(t, resp)
	before.Open()
	wantStatus(t, <-answered, http.StatusOK)
	s.client(t).Want("up")
}

func TestCGIWhileClosing(t *testing.T) {
	t.Parallel()
	s := serveCGISteps(t, plainText, "print:")
	s.Close()
	resp, _ := s.get(t, "/play.cgi")
	wantStatus(t, resp, http.StatusServiceUnavailable)
	s.wantPlaces(t, 0)
}

// post is a POST with a body of known length.
func post(path, body string, header ...string) string {
	return request("POST", path, append(header, "Connection: close", "Content-Length: "+itoa(len(body)))...) + body
}

func TestCGIBody(t *testing.T) {
	t.Parallel()
	s := serveCGISteps(t, "echo")
	for _, size := range []int{0, 1, 1000, 100_000} {
		sent := "Content-Type: text/plain\n\n" + strings.Repeat("b", size)
		resp, body := s.ask(t, post("/play.cgi", sent))
		wantStatus(t, resp, http.StatusOK)
		if body != strings.Repeat("b", size) {
			t.Errorf("sent %d bytes, got %d", size, len(body))
		}
	}
}

// A program may answer before it has read its input, as one that converts what
// it reads does. It gets all of the input.
func TestCGIBodyAfterAnswer(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]int{"small": 10_000, "large": 3_000_000} {
		t.Run(name, func(t *testing.T) {
			answered := servertest.NewGate(t)
			s := serveCGISteps(t, plainText, "print:", "print:ready", answered.Step(), "echo")
			body := strings.Repeat("0123456789", size/10)
			c := servertest.Connect(t, s.addr)
			defer c.Close()
			c.SetDeadline(time.Now().Add(servertest.Patience))
			io.WriteString(c, request("POST", "/play.cgi", "Content-Length: "+itoa(size))+body[:500])
			answered.Reached()
			answered.Open()
			sent := make(chan struct{})
			go func() { // ends with the body or the connection
				for rest := body[500:]; rest != ""; {
					n, err := io.WriteString(c, rest[:min(len(rest), max(10, len(rest)/20))])
					if rest = rest[n:]; err != nil {
						break
					}
				}
				close(sent)
			}()
			resp, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(resp.Body)
			if string(got) != "ready\n"+body || err != nil {
				t.Errorf("got %d bytes back, want %d; %v", len(got)-len("ready\n"), size, err)
			}
			c.Close()
			<-sent
		})
	}
}

// The answer is seen at once, too, although the body is still to come.
func TestCGIAnswerBeforeBody(t *testing.T) {
	t.Parallel()
	s := serveCGISteps(t, plainText, "print:", "print:ready", "echo")
	c := servertest.Connect(t, s.addr)
	defer c.Close()
	c.SetDeadline(time.Now().Add(servertest.Patience))
	io.WriteString(c, request("POST", "/play.cgi", "Content-Length: 10")+"01234")
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(resp.Body)
	if line, err := in.ReadString('\n'); line != "ready\n" {
		t.Fatalf("%q, %v", line, err)
	}
	io.WriteString(c, "56789")
	if rest, err := io.ReadAll(in); string(rest) != "0123456789" || err != nil {
		t.Errorf("%q, %v", rest, err)
	}
}

// A program must know how much to read (RFC 3875 4.1.2).
func TestCGIBodyOfUnknownLength(t *testing.T) {
	t.Parallel()
	s := serveCGISteps(t, "echo")
	resp, _ := s.ask(t, request("POST", "/play.cgi", "Connection: close", "Transfer-Encoding: chunked")+"2\r\nab\r\n0\r\n\r\n")
	wantStatus(t, resp, http.StatusLengthRequired)
	s.wantPlaces(t, 0)
}

// What a program prints is seen at once.
func TestCGIStreams(t *testing.T) {
	t.Parallel()
	one, two := servertest.NewGate(t), servertest.NewGate(t)
	s := serveCGISteps(t, plainText, "print:", "print:first", one.Step(), "print:second", two.Step(), "long:3000000")
	resp, err := http.Get("http://" + s.addr + "/play.cgi")
	if err != nil {
		t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	defer resp.Body.Close()
	in := bufio.NewReader(resp.Body)
	for _, step := range []struct {
		gate *servertest.Gate
		want string
	}{{one, "first\n"}, {two, "second\n"}} {
		if line, err := in.ReadString('\n'); line != step.want {
			t.Fatalf("%q, %v", line, err)
		}
		step.gate.Reached()
		step.gate.Open()
	}
	if rest, err := io.ReadAll(in); len(rest) != 3_000_000 || err != nil {
		t.Errorf("%d bytes, %v", len(rest), err)
	}
}

func TestCGIStderr(t *testing.T) {
	t.Parallel()
	s := serveCGISteps(t, plainText, "print:", "err:one", "errlong:200000", "err:", "errwrite:656e64", "exit:3")
	s.get(t, "/play.cgi")
	s.Close()
	var all strings.Builder
	records := s.log.All("stderr")
	for _, r := range records {
		all.WriteString(r["line"])
		if r["level"] != LevelStderr.String() || r["pid"] == "" || r["request"] == "" {
			t.Error(r)
		}
	}
	if first, text := records[0]["line"], all.String(); first != "one" || len(text) != 3+200_000+3 || !strings.HasSuffix(text, "end") {
		t.Errorf("%q, then %d bytes", first, len(text))
	}
	s.log.Wait(t, "CGI program failed").Want(t, "exit", "exit status 3")
}

// When the client leaves, the program goes down the ladder, whatever the two were
// at.
func TestCGIClientLeaves(t *testing.T) {
	t.Parallel()
	stubborn := "ignore:SIGINT,SIGTERM"
	for name, tt := range map[string]struct {
		sent  string
		steps []string // after the gate; with them the program lasts until it is stopped
		exit  string
	}{
		"before the answer": {request("GET", "/play.cgi"), []string{"hang"}, "signal: SIGINT"},
		"stubborn":          {request("GET", "/play.cgi"), []string{stubborn, "hang"}, "signal: SIGKILL"},
		"amid the answer":   {request("GET", "/play.cgi"), []string{plainText, "print:", "print:first", "hang"}, "signal: SIGINT"},
		"amid the output":   {request("GET", "/play.cgi"), append([]string{plainText, "print:"}, slices.Repeat([]string{"long:2000000000"}, 1000)...), "signal: SIGINT"},
		"behind the body":   {post("/play.cgi", "body"), []string{"hang"}, "signal: SIGINT"},
		"amid the body":     {request("POST", "/play.cgi", "Content-Length: 100") + "part", []string{"hang"}, "signal: SIGINT"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begun := servertest.NewGate(t)
			s := serve(t, Config{CGIDir: cgiFolder(t, append([]string{begun.Step()}, tt.steps...)...)})
			t.Cleanup(s.Kill) // or a program that nobody ends would hold up Close
			c := servertest.Connect(t, s.addr)
			if _, err := io.WriteString(c, tt.sent); err != nil {
				t.Fatal(err)
			}
			begun.Reached()
			begun.Open()
			c.Close()
			s.log.Wait(t, "CGI program failed").Want(t, "exit", tt.exit)
			s.log.Wait(t, "HTTP")
			s.wantPlaces(t, 0)
		})
	}
}

// programEnvironment asks for a path of a program that prints its environment.
func programEnvironment(t *testing.T, cfg Config, request string) map[string]string {
	t.Helper()
	cfg.CGIDir = cgiFolder(t, plainText, "print:", "env")
	cfg.Software = "wsd/test"
	s := serve(t, cfg)
	resp, body := s.ask(t, request)
	wantStatus(t, resp, http.StatusOK)
	env := map[string]string{}
	for line := range strings.Lines(body) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if _, twice := env[name]; twice {
			t.Errorf("%s is there twice", name)
		}
		env[name] = value
	}
	for _, name := range []string{"PWD", "OLDPWD", "SHLVL", "_"} {
		delete(env, name) // the shell's own
	}
	return env
}

func TestCGIEnvironment(t *testing.T) {
	t.Setenv("WSD_TEST_PRIVATE", "must not leak")
	env := programEnvironment(t, Config{Env: []string{"PATH=/bin"}}, request("POST", "/play.cgi/extra/p%20ath/?a=b&c",
		"Connection: close", "Content-Length: 4", "Content-Type: a/b", "X-One: 1", "X-One: 2", "Cookie: a=1", "Cookie: b=2",
		"Proxy: http://evil.example:1", "X_Foo: evil", "X-Foo: good")+"body")
	wantVariables(t, env, map[string]string{
		"SERVER_SOFTWARE": "wsd/test", "GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1",
		"SERVER_NAME": "test.example", "SERVER_PORT": "80", "REQUEST_METHOD": "POST", "REQUEST_URI": "/play.cgi/extra/p%20ath/?a=b&c",
		"SCRIPT_NAME": "/play.cgi", "PATH_INFO": "/extra/p ath/", "PATH_TRANSLATED": "", "QUERY_STRING": "a=b&c",
		"REMOTE_ADDR": "127.0.0.1", "REMOTE_HOST": "127.0.0.1", "REMOTE_IDENT": "", "REMOTE_USER": "", "AUTH_TYPE": "",
		"CONTENT_LENGTH": "4", "CONTENT_TYPE": "a/b", "PATH": "/bin", "HTTP_HOST": "test.example",
		"HTTP_X_ONE": "1, 2", "HTTP_COOKIE": "a=1; b=2", "HTTP_X_FOO": "good",
	})
	var names []string
	for name := range env {
		names = append(names, name)
	}
	slices.Sort(names)
	want := strings.Fields(`AUTH_TYPE CONTENT_LENGTH CONTENT_TYPE GATEWAY_INTERFACE GORACE HTTP_CONNECTION HTTP_CONTENT_LENGTH HTTP_CONTENT_TYPE
		HTTP_COOKIE HTTP_HOST HTTP_X_FOO HTTP_X_ONE PATH PATH_INFO PATH_TRANSLATED QUERY_STRING REMOTE_ADDR REMOTE_HOST REMOTE_IDENT REMOTE_PORT
		REMOTE_USER REQUEST_METHOD REQUEST_URI SCRIPT_FILENAME SCRIPT_NAME SERVER_NAME SERVER_PORT SERVER_PROTOCOL SERVER_SOFTWARE UNIQUE_ID`)
	if !slices.Equal(names, want) {
		t.Errorf("the environment has %v\nwant %v", names, want)
	}
}

func TestCGIScriptName(t *testing.T) {
	t.Parallel()
	for path, want := range map[string][2]string{
		"/play.cgi":       {"/play.cgi", ""},
		"/play.cgi/":      {"/play.cgi", "/"},
		"//play.cgi//x":   {"/play.cgi", "/x"},
		"/./play.cgi/a/b": {"/play.cgi", "/a/b"},
		"/play.cgi?x=/y":  {"/play.cgi", ""},
	} {
		env := programEnvironment(t, Config{}, request("GET", path, "Connection: close"))
		wantVariables(t, env, map[string]string{"SCRIPT_NAME": want[0], "PATH_INFO": want[1], "CONTENT_LENGTH": ""})
	}
}

func TestCGIWorkingFolder(t *testing.T) {
	t.Parallel()
	dir := cgiFolder(t, plainText, "print:", "cwd")
	s := serve(t, Config{CGIDir: dir})
	_, body := s.get(t, "/play.cgi")
	if real, _ := filepath.EvalSymlinks(dir); strings.TrimSpace(body) != real {
		t.Errorf("it runs in %q, want %q", body, real)
	}
}

func TestCGIHead(t *testing.T) {
	t.Parallel()
	s := serveCGISteps(t, plainText, "print:X-Own: 1", "print:", "print:body", "long:300000")
	resp, body := s.ask(t, request("HEAD", "/play.cgi", "Connection: close"))
	wantStatus(t, resp, http.StatusOK)
	wantHeader(t, resp.Header, "X-Own", "1")
	if body != "" {
		t.Errorf("HEAD is answered with %q", short(body))
	}
	s.Close()
	if failed := s.log.All("CGI program failed"); len(failed) > 0 {
		t.Error(failed)
	}
}

// CGI programs come before files, and what is no program is none.
func TestCGIBeforeFiles(t *testing.T) {
	t.Parallel()
	files := t.TempDir()
	for _, name := range []string{"play.cgi", "page.txt"} {
		if err := os.WriteFile(filepath.Join(files, name), []byte("a file"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	dir := cgiFolder(t, plainText, "print:", "print:a program")
	if err := os.WriteFile(filepath.Join(dir, "page.txt"), []byte("private"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := serve(t, Config{CGIDir: dir, StaticDir: files, DevConsole: true, HeaderHTTP: http.Header{"X-Plain": {"p"}}})
	for path, want := range map[string]string{"/play.cgi": "a program\n", "/page.txt": "a file"} {
		resp, body := s.get(t, path)
		if body != want {
			t.Errorf("%s: %q, want %q", path, body, want)
		}
		wantHeader(t, resp.Header, "X-Plain", "p")
	}
}

// A client that stalls holds no place for ever: neither in the body nor before an
// answer that it does not take.
func TestCGIClientStalls(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		steps   []string
		request string
	}{
		"in the body":       {[]string{"drain", plainText, "print:"}, request("POST", "/play.cgi", "Content-Length: 10") + "abc"},
		"before the answer": {[]string{plainText, "print:", "long:100000000"}, request("GET", "/play.cgi")},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, Config{CGIDir: cgiFolder(t, tt.steps...), MaxForks: 1})
			s.stallTimeout = 300 * time.Millisecond
			c := s.dial(t)
			c.Write([]byte(tt.request))
			s.log.Wait(t, "HTTP")
			s.wantPlaces(t, 0)
		})
	}
}

// One that is slow and gets on is none that stalls.
func TestCGISlowBody(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{CGIDir: cgiFolder(t, plainText, "print:", "echo")})
	s.stallTimeout = servertest.Patience
	c := s.dial(t)
	c.Write([]byte(request("POST", "/play.cgi", "Content-Length: 3")))
	for _, b := range "abc" {
		c.Write([]byte{byte(b)})
	}
	resp, err := http.ReadResponse(c.In, nil)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(resp.Body); string(body) != "abc" || err != nil {
		t.Errorf("the answer is %q, %v", body, err)
	}
}

// A plain request uses no subprotocol, so its header is like any other.
func TestSubprotocolOfPlainRequest(t *testing.T) {
	t.Parallel()
	s := serveCGISteps(t, "print:Content-Type: text/plain", "print:", "env")
	resp, body := s.get(t, "/play.cgi", "Sec-WebSocket-Protocol: a, b")
	wantStatus(t, resp, http.StatusOK)
	wantVariables(t, environment(body), map[string]string{"HTTP_SEC_WEBSOCKET_PROTOCOL": "a, b"})
}
