//go:build unix

package server

import (
	"encoding/hex"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"wsd/server/servertest"
)

func init() {
	servertest.Steps["errenv"] = func(string) { // its environment, on stderr
		for _, kv := range os.Environ() {
			os.Stderr.WriteString(kv + "\n")
		}
	}
}

// serveAuth serves a backend that prints its environment to whom a program of
// these steps lets in.
func serveAuth(t *testing.T, steps ...string) *testServer {
	t.Helper()
	return serve(t, Config{Command: servertest.Play("env"), AuthCommand: servertest.Play(steps...), MaxForks: 1})
}

func TestAuthAnswers(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		steps []string
		want  int
		log   []string // of the record that tells of a failure
	}{
		"in":                {[]string{"exit:0"}, 101, nil},
		"in, with a name":   {[]string{"print:REMOTE_USER=ada", "exit:0"}, 101, nil},
		"not known":         {[]string{"exit:1"}, 401, nil},
		"not known, talks":  {[]string{"print:secret words", "exit:1"}, 401, nil},
		"not allowed":       {[]string{"exit:2"}, 403, nil},
		"another status":    {[]string{"print:REMOTE_USER=ada", "exit:3"}, 503, []string{"exit", "exit status 3"}},
		"status 127":        {[]string{"exit:127"}, 503, []string{"exit", "exit status 127"}},
		"status 255":        {[]string{"exit:255"}, 503, []string{"exit", "exit status 255"}},
		"no variable":       {[]string{"print:secret"}, 503, []string{"err", "line 1 of its output is not NAME=VALUE"}},
		"bad name":          {[]string{"print:A=1", "print:secret-x=1"}, 503, []string{"err", "line 2 of its output is not NAME=VALUE"}},
		"reserved":          {[]string{"print:LD_PRELOAD=secret"}, 503, []string{"err", "line 1 of its output sets LD_PRELOAD, which it may not set"}},
		"64 KiB":            {[]string{"write:" + hex.EncodeToString([]byte("A=")), "long:65534"}, 101, nil},
		"more than that":    {[]string{"write:" + hex.EncodeToString([]byte("A=")), "long:65535"}, 503, []string{"err", "it printed more than 64 KiB"}},
		"endless":           {[]string{"long:2000000000"}, 503, []string{"err", "it printed more than 64 KiB"}},
		"endless, status 1": {[]string{"long:70000", "exit:1"}, 503, []string{"err", "it printed more than 64 KiB"}},
		"closes and exits":  {[]string{"close:stdout", "exit:0"}, 101, nil},
		"reads stdin":       {[]string{"drain", "exit:0"}, 101, nil}, // which is empty
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveAuth(t, tt.steps...)
			resp := s.askUpgrade(t)
			wantStatus(t, resp, tt.want)
			wantHeader(t, resp.Header, "WWW-Authenticate") // no browser is to ask for a password
			failures := s.log.All("the program of {AuthCommand} failed")
			if (len(failures) > 0) != (tt.log != nil) {
				t.Errorf("logged: %v, want %v", failures, tt.log)
			}
			for _, r := range failures {
				if r.Want(t, tt.log...); r["level"] != LevelError.String() || r["session"] == "" {
					t.Error(r)
				}
			}
			s.Close()
			s.wantPlaces(t, 0)
			if strings.Contains(s.log.Text(), "secret") {
				t.Errorf("the log tells a value: %s", s.log.Text())
			}
		})
	}
}

func TestAuthCannotStart(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Command: servertest.Play("drain"), AuthCommand: []string{filepath.Join(t.TempDir(), "gone")}, MaxForks: 1})
	for range 3 {
		wantStatus(t, s.askUpgrade(t), http.StatusServiceUnavailable)
	}
	s.log.WaitN(t, 3, "the program of {AuthCommand} failed")
	s.wantPlaces(t, 0)
}

// The program is told what the backend will be, and tells it more.
func TestAuthEnvironment(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{
		Command: servertest.Play("env"), Env: []string{"LANG=C"}, PasswordFile: passwordFile(t, adaFile),
		AuthCommand: servertest.Play("errenv", "print:REMOTE_USER=Ada Lovelace", "print:TENANT=blue"),
	})
	c := s.dial(t).Upgrade("/room?token=x", asAda, "Cookie: id=1")
	env := sessionEnvironment(t, c)
	wantEnv(t, env, "REMOTE_USER=Ada Lovelace", "AUTH_TYPE=Basic", "TENANT=blue", "LANG=C", "HTTP_COOKIE=id=1", "QUERY_STRING=token=x", "PATH_INFO=/room")
	var asked []string
	for _, r := range s.log.All("authcmd stderr") {
		asked = append(asked, r["line"])
		if r["level"] != LevelStderr.String() || r["session"] == "" || r["pid"] == "" {
			t.Error(r)
		}
	}
	wantEnv(t, asked, "REMOTE_USER=ada", "AUTH_TYPE=Basic", "HTTP_COOKIE=id=1")
	for _, list := range [][]string{env, asked} {
		if _, ok := variable(t, list, "HTTP_AUTHORIZATION"); ok {
			t.Error("the password is passed on")
		}
	}
	changed := func(kv string) bool {
		return strings.HasPrefix(kv, "REMOTE_USER=") || strings.HasPrefix(kv, "TENANT=")
	}
	slices.Sort(env)
	slices.Sort(asked)
	if env, asked = slices.DeleteFunc(env, changed), slices.DeleteFunc(asked, changed); !slices.Equal(env, asked) {
		t.Errorf("the program has %q\nthe backend has %q", asked, env)
	}
	// Where the server has not checked the header, the program may.
	s = serve(t, Config{Command: servertest.Play("env"), AuthCommand: servertest.Play("errenv")})
	env = sessionEnvironment(t, s.client(t, "Authorization: Bearer x"))
	wantEnv(t, env, "HTTP_AUTHORIZATION=Bearer x", "REMOTE_USER=", "AUTH_TYPE=")
	if asked := s.log.All("authcmd stderr"); !slices.ContainsFunc(asked, func(r servertest.Record) bool { return r["line"] == "HTTP_AUTHORIZATION=Bearer x" }) {
		t.Error("the program has no HTTP_AUTHORIZATION")
	}
}

// Whatever can be refused without the program starts none.
func TestAuthComesLast(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	backend, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Link(backend, filepath.Join(dir, "there")); err != nil {
		if err := os.Symlink(backend, filepath.Join(dir, "there")); err != nil {
			t.Fatal(err)
		}
	}
	s := serve(t, Config{ScriptDir: dir, MaxForks: 1, AuthCommand: servertest.Play("err:asked", "exit:2"), PasswordFile: passwordFile(t, adaFile)})
	upgrade := func(path string, header ...string) string {
		return string(servertest.Request(path, header...))
	}
	good := upgrade("/there", asAda)
	for name, tt := range map[string]struct {
		request string
		want    int
	}{
		"no password": {upgrade("/there"), 401},
		"origin":      {upgrade("/there", asAda, "Origin: https://evil.example"), 403},
		"script":      {upgrade("/none", asAda), 404},
		"version":     {strings.Replace(good, "Version: 13", "Version: 8", 1), 426},
		"no key":      {strings.Replace(good, "Sec-WebSocket-Key", "X-Key", 1), 400},
		"short key":   {strings.Replace(good, "dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ=", 1), 400},
		"two keys":    {upgrade("/there", asAda, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), 400},
		"POST":        {strings.Replace(good, "GET", "POST", 1), 405},
		"HTTP/1.0":    {strings.Replace(good, "HTTP/1.1", "HTTP/1.0", 1), 426},
		"plain":       {request("GET", "/there", "Connection: close", asAda), 426}, // it guards WebSockets only
	} {
		resp, _ := s.ask(t, tt.request)
		if wantStatus(t, resp, tt.want); resp.StatusCode != tt.want {
			t.Error(name)
		}
	}
	s.takeFork()
	resp, _ := s.ask(t, good)
	wantBusy(t, resp)
	s.forks.Add(-1)
	if asked := s.log.All("authcmd stderr"); len(asked) > 0 {
		t.Errorf("the program was started: %v", asked)
	}
	resp, _ = s.ask(t, good)
	wantStatus(t, resp, http.StatusForbidden)
	s.log.Wait(t, "authcmd stderr").Want(t, "line", "asked")
	s.wantPlaces(t, 0)
}

// The program has the place that its backend is to have.
func TestAuthTakesPlace(t *testing.T) {
	t.Parallel()
	asked := servertest.NewGate(t)
	s := serve(t, Config{Command: servertest.Play("print:up", "drain"), AuthCommand: servertest.Play(asked.Step()), MaxForks: 1})
	c := s.dial(t)
	c.Write(slices.Concat(servertest.Request("/"), textFrame("early"))) // which waits for the backend
	asked.Reached()
	wantBusy(t, s.askUpgrade(t))
	s.wantPlaces(t, 1)
	asked.Open()
	resp, err := http.ReadResponse(c.In, nil)
	if err != nil {
		t.Fatal(err)
	}
	wantStatus(t, resp, http.StatusSwitchingProtocols)
	c.Want("up")
	s.wantPlaces(t, 1)
	c.Leave()
	s.log.Wait(t, "DISCONNECT").Want(t, "messages_in", "1")
	s.wantPlaces(t, 0)
}

// The session is the one that the program was asked about, also in the log.
func TestAuthSessionID(t *testing.T) {
	t.Parallel()
	s := serveAuth(t, "err:asked")
	sessionEnvironment(t, s.client(t))
	id := s.log.Wait(t, "authcmd stderr")["session"]
	s.log.Wait(t, "DISCONNECT").Want(t, "session", id)
}

func TestAuthStderr(t *testing.T) {
	t.Parallel()
	s := serveAuth(t, "err:one", "err:", "errlong:200000", "errwrite:656e64", "exit:2")
	wantStatus(t, s.askUpgrade(t), http.StatusForbidden)
	var lines []string
	for _, r := range s.log.All("authcmd stderr") {
		lines = append(lines, r["line"])
	}
	if text := strings.Join(lines, ""); lines[0] != "one" || lines[1] != "" || len(text) != 3+200_000+3 || !strings.HasSuffix(text, "end") {
		t.Errorf("%d lines with %d bytes", len(lines), len(text))
	}
}

// A program that hangs is killed, with what it has started, after five seconds;
// here after less.
func TestAuthHangs(t *testing.T) {
	t.Parallel()
	if s, err := New(Config{}); err != nil || s.auth.Timeout != 5*time.Second {
		t.Errorf("a program may take %v, %v", s.auth.Timeout, err)
	}
	daemon := servertest.NewGate(t)
	for name, steps := range map[string][]string{
		"hangs":                  {"hang"},
		"after an answer":        {"print:REMOTE_USER=ada", "hang"},
		"with its stdout closed": {"close:stdout", "hang"},
		"by its child":           {"start:hang", "hang"},
		"its child has stdout":   {"start:hang", "exit:0"},
		"which left the group":   {"daemon:" + daemon.Step(), "exit:0"}, // and ends with this test
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			held := servertest.NewGate(t)
			s := serveAuth(t, append([]string{held.Hold()}, steps...)...)
			s.auth.Timeout = 300 * time.Millisecond
			wantStatus(t, s.askUpgrade(t), http.StatusServiceUnavailable)
			s.log.Wait(t, "the program of {AuthCommand} failed").Want(t, "err", "it gave no answer in time")
			s.wantPlaces(t, 0)
		})
	}
}

// heldAuth has a program that waits for its end, which the gate tells. Its child
// waits, too.
func heldAuth(t *testing.T) (*testServer, *servertest.Gate, *servertest.Client) {
	t.Helper()
	held := servertest.NewGate(t)
	s := serveAuth(t, "start:"+held.Hold()+";hang", "ignore:SIGINT,SIGTERM", "hang")
	t.Cleanup(s.Kill) // or a program that nobody ends would hold up Close
	c := s.dial(t)
	c.Write(servertest.Request("/"))
	held.Reached()
	return s, held, c
}

func TestAuthClientLeaves(t *testing.T) {
	t.Parallel()
	s, held, c := heldAuth(t)
	c.Conn.Close()
	held.Abandoned()
	s.log.Wait(t, "HTTP")
	s.wantPlaces(t, 0)
	if failed := s.log.All("the program of {AuthCommand} failed"); len(failed) > 0 {
		t.Errorf("it is no failure of the program: %v", failed)
	}
}

func TestAuthWhileServerEnds(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*Server){
		"Close": func(s *Server) { s.Close() },
		"Kill":  func(s *Server) { s.Kill() },
	} {
		t.Run(name, func(t *testing.T) {
			s, held, c := heldAuth(t)
			within(t, name, func() { end(s.Server) })
			held.Abandoned()
			resp, err := http.ReadResponse(c.In, nil)
			if err != nil {
				t.Fatal(err)
			}
			wantStatus(t, resp, http.StatusServiceUnavailable)
			s.Close()
			s.wantPlaces(t, 0)
		})
	}
}

// A client on a Unix socket is asked about as any other.
func TestAuthOnUnixSocket(t *testing.T) {
	t.Parallel()
	path := socketPath(t)
	s := run(t, Config{UnixSocket: path, Command: servertest.Play("env"), AuthCommand: servertest.Play("print:REMOTE_USER=ada")})
	c := servertest.NewClient(t, servertest.Connect(t, path)).Upgrade("/")
	wantEnv(t, sessionEnvironment(t, c), "REMOTE_USER=ada")
	s.log.Wait(t, "DISCONNECT")
}
