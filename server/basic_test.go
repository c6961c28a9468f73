package server

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"wsd/server/hint"
	"wsd/server/servertest"
)

// basic is the header of a user and a password.
func basic(user, password string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// Hashes of the password "right" that htpasswd(1) has made with -B and -C.
const (
	right4 = "$2y$04$dpXIeUEbtaH2vK40Evw91.SP6RLdV5hzXBE9EXh4A5GMhyMv5j70K"
	right6 = "$2y$06$WZUKL7q4iWEG0dKXIjwbweIVROQWyBJeTNnK.L3DtzTb0KRDrpx4y"
)

// passwordFile is a file with this content.
func passwordFile(t testing.TB, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "passwords")
	replacePasswords(t, file, content)
	return file
}

func replacePasswords(t testing.TB, file, content string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// asAda is the header that passwordFile's usual content lets in.
var asAda = basic("ada", "right")

const adaFile = "ada:" + right4 + "\n"

func wantChallenge(t *testing.T, resp *http.Response) {
	t.Helper()
	wantStatus(t, resp, http.StatusUnauthorized)
	wantHeader(t, resp.Header, "WWW-Authenticate", `Basic realm="wsd", charset="UTF-8"`)
}

func TestLoginForms(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Command: servertest.Play("print:up", "drain"), PasswordFile: passwordFile(t, adaFile+"zoë:"+right4+"\nlong:"+right4)})
	for name, tt := range map[string]struct {
		header []string
		ok     bool
	}{
		"nothing":                {nil, false},
		"right":                  {[]string{asAda}, true},
		"right again":            {[]string{asAda}, true},
		"scheme in small":        {[]string{strings.Replace(asAda, "Basic", "basic", 1)}, true},
		"wrong password":         {[]string{basic("ada", "wrong")}, false},
		"no password":            {[]string{basic("ada", "")}, false},
		"longer password":        {[]string{basic("ada", "rightx")}, false},
		"unknown user":           {[]string{basic("bob", "right")}, false},
		"no user":                {[]string{basic("", "right")}, false},
		"user in capitals":       {[]string{basic("Ada", "right")}, false},
		"UTF-8":                  {[]string{basic("zoë", "right")}, true},
		"Latin-1":                {[]string{basic("zo\xeb", "right")}, false},
		"hash for a password":    {[]string{basic("ada", right4)}, false},
		"over 72 bytes":          {[]string{basic("ada", strings.Repeat("x", 73))}, false},
		"the same, right in all": {[]string{basic("ada", "right"+strings.Repeat("\x00right", 20))}, false},
		"control character":      {[]string{basic("ada", "right\x00right")}, false},
		"no colon":               {[]string{"Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("ada"))}, false},
		"no base64":              {[]string{"Authorization: Basic ada:right"}, false},
		"nothing behind":         {[]string{"Authorization: Basic"}, false},
		"empty":                  {[]string{"Authorization: "}, false},
		"another scheme":         {[]string{"Authorization: Bearer right"}, false},
		"two, one right":         {[]string{asAda, basic("ada", "wrong")}, false},
		"of a proxy":             {[]string{"Proxy-" + asAda}, false},
	} {
		resp := s.askUpgrade(t, tt.header...)
		if tt.ok {
			if wantStatus(t, resp, http.StatusSwitchingProtocols); resp.StatusCode != http.StatusSwitchingProtocols {
				t.Error(name)
			}
		} else if wantChallenge(t, resp); resp.StatusCode != http.StatusUnauthorized {
			t.Error(name)
		}
	}
	for _, r := range s.log.WaitN(t, 3, "login refused") {
		if r["level"] != LevelInfo.String() || r["path"] != "/" || r["err"] == "" {
			t.Error(r)
		}
	}
	if text := s.log.Text(); strings.Contains(text, "right") {
		t.Errorf("the log tells passwords: %s", text)
	}
}

// A password of 72 bytes is all that bcrypt can see, and is taken.
func TestLongestPassword(t *testing.T) {
	t.Parallel()
	longest := strings.Repeat("x", 72)
	hash, err := bcrypt.GenerateFromPassword([]byte(longest), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, Config{StaticDir: t.TempDir(), PasswordFile: passwordFile(t, "ada:"+string(hash))})
	resp, _ := s.get(t, "/", basic("ada", longest))
	wantStatus(t, resp, http.StatusNotFound)
	resp, _ = s.get(t, "/", basic("ada", longest+"x"))
	wantChallenge(t, resp)
	s.log.Wait(t, "login refused").Want(t, "err", "the password is longer than the 72 bytes that bcrypt takes")
}

// net/http answers OPTIONS * by itself unless it is told not to.
func TestPasswordGuardsTheServerAsAWhole(t *testing.T) {
	t.Parallel()
	r := run(t, Config{Command: servertest.Play("drain"), Addresses: []string{"127.0.0.1:0"}, PasswordFile: passwordFile(t, adaFile)})
	resp, _ := r.ask(t, request("OPTIONS", "*", "Connection: close"))
	wantChallenge(t, resp)
	r.log.Wait(t, "HTTP").Want(t, "path", "*", "method", "OPTIONS", "status", "401")
	resp, _ = r.ask(t, request("OPTIONS", "*", "Connection: close", asAda))
	wantStatus(t, resp, http.StatusUpgradeRequired)
}

// Everything is behind the password but health checks, and nothing of it is told
// or started without.
func TestPasswordGuardsEverything(t *testing.T) {
	t.Parallel()
	files := t.TempDir()
	if err := os.WriteFile(filepath.Join(files, "page.txt"), []byte("a file"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := serve(t, Config{
		Command: servertest.Play("err:started", "drain"), StaticDir: files, DevConsole: true, MaxForks: 1,
		BasePath: "/base", HealthPath: "/up", PasswordFile: passwordFile(t, adaFile),
	})
	for _, r := range []string{
		request("GET", "/base/page.txt", "Connection: close"),
		request("HEAD", "/base/page.txt", "Connection: close"),
		request("GET", "/base/none", "Connection: close"), // the console
		request("GET", "/base", "Connection: close"),
		request("GET", "/elsewhere", "Connection: close"),
		request("POST", "/base/page.txt", "Connection: close", "Content-Length: 4") + "body",
		request("GET", "/up/more", "Connection: close"),
		request("OPTIONS", "/base/", "Connection: close"),
		string(servertest.Request("/base/")),
		string(servertest.Request("/up")), // a WebSocket, and no health check
		strings.Replace(string(servertest.Request("/base/")), "Version: 13", "Version: 8", 1),
	} {
		resp, body := s.ask(t, r)
		wantChallenge(t, resp)
		if strings.Contains(body, "file") {
			t.Errorf("%q: %q", r, body)
		}
	}
	resp, body := s.get(t, "/up")
	wantStatus(t, resp, http.StatusOK)
	wantHeader(t, resp.Header, "WWW-Authenticate")
	if body != "ok\n" {
		t.Errorf("health: %q", body)
	}
	resp, body = s.get(t, "/base/page.txt", asAda)
	if wantStatus(t, resp, http.StatusOK); body != "a file" {
		t.Errorf("%q", body)
	}
	if started := s.log.All("CONNECT"); len(started) > 0 {
		t.Error(started)
	}
	s.wantPlaces(t, 0)
	c := s.dial(t).Upgrade("/base/", asAda)
	s.log.Wait(t, "CONNECT").Want(t, "user", "ada")
	resp, _ = s.get(t, "/base/page.txt") // the password comes before the place
	wantChallenge(t, resp)
	wantChallenge(t, s.askUpgrade(t))
	c.Leave()
}

// RFC 3875 4.1.1, 4.1.11 and, of the header, 4.1.18.
func TestPasswordEnvironment(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Command: servertest.Play("env"), PasswordFile: passwordFile(t, adaFile)})
	env := sessionEnvironment(t, s.client(t, asAda))
	wantEnv(t, env, "REMOTE_USER=ada", "AUTH_TYPE=Basic")
	if _, ok := variable(t, env, "HTTP_AUTHORIZATION"); ok {
		t.Error("the backend gets the password")
	}
	env = sessionEnvironment(t, serveSteps(t, "env").client(t, asAda))
	wantEnv(t, env, "REMOTE_USER=", "AUTH_TYPE=", "HTTP_AUTHORIZATION="+strings.TrimPrefix(asAda, "Authorization: "))
}

func TestPasswordFileUnreadable(t *testing.T) {
	file := passwordFile(t, adaFile)
	if err := os.Chmod(file, 0); err != nil {
		t.Fatal(err)
	}
	readable, err := true, error(nil)
	unprivileged(t, func() {
		var f *os.File
		if f, err = os.Open(file); err == nil {
			f.Close()
			return
		}
		readable = false
		_, err = New(Config{PasswordFile: file})
	})
	if readable {
		if os.Getenv("CI") == "true" {
			t.Fatal("file modes do not stop this user")
		}
		t.Skip("file modes do not stop this user")
	}
	if !strings.Contains(hint.Of(err), "must be able to read it") {
		t.Errorf("%v", err)
	}
}

func TestPasswordReload(t *testing.T) {
	t.Parallel()
	file := passwordFile(t, adaFile)
	s := serve(t, Config{Command: servertest.Play("print:up", "echo"), PasswordFile: file})
	c := s.client(t, asAda)
	c.Want("up")
	asBob := basic("bob", "right")
	wantChallenge(t, s.askUpgrade(t, asBob))

	replacePasswords(t, file, "bob:"+right6+"\n")
	wantChallenge(t, s.askUpgrade(t, asBob)) // not read yet
	s.Reload()
	s.log.Wait(t, "password file read again").Want(t, "file", file, "users", "1")
	wantStatus(t, s.askUpgrade(t, asBob), http.StatusSwitchingProtocols)
	wantChallenge(t, s.askUpgrade(t, asAda)) // although she was remembered
	c.WantEcho("a session that is open stays")

	for i, bad := range []string{"", "bob:plain", "ada:" + right4 + "\nbob:{SHA}x", "gone"} {
		replacePasswords(t, file, bad)
		if bad == "gone" {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}
		s.Reload()
		r := s.log.WaitN(t, i+1, "password file not read again, the old users stay")[i]
		if r["level"] != LevelError.String() || r["error"] == "" || r["hint"] == "" || strings.Contains(fmt.Sprint(r), "plain") {
			t.Error(r)
		}
		wantStatus(t, s.askUpgrade(t, asBob), http.StatusSwitchingProtocols)
		wantChallenge(t, s.askUpgrade(t, asAda))
	}
}

// Guessing by plain requests counts as guessing by handshakes does; a login that
// was right before costs nothing.
func TestHandshakesPerMinuteBoundLogins(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{
		Command: servertest.Play("print:up", "drain"), DevConsole: true, PasswordFile: passwordFile(t, adaFile),
		HandshakesPerMinute: 4, TrustProxies: trustLoopback,
	})
	const one = "X-Forwarded-For: 192.0.2.1"
	ask := func(want int, header ...string) {
		t.Helper()
		resp, _ := s.get(t, "/", header...)
		wantStatus(t, resp, want)
	}
	for range 10 { // the first of these is compared
		ask(http.StatusOK, one, asAda)
	}
	for range 10 {
		ask(http.StatusUnauthorized, one) // no guess
	}
	for range 3 {
		ask(http.StatusUnauthorized, one, basic("ada", "wrong"))
	}
	ask(http.StatusTooManyRequests, one, basic("ada", "wrong"))
	ask(http.StatusTooManyRequests, one, basic("nobody", "right"))
	ask(http.StatusOK, one, asAda)
	ask(http.StatusUnauthorized, "X-Forwarded-For: 192.0.2.2", basic("ada", "wrong"))
	s.log.WaitN(t, 2, "too many handshakes of one address ({HandshakesPerMinute})")
}

// Whoever finds no turn for a login is told to come back.
func TestTooManyLogins(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	loginRefusal(errors.New("too many logins at once")).answer(w)
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || w.Header().Get("WWW-Authenticate") != "" {
		t.Errorf("answered %d with %v", w.Code, w.Header())
	}
}
