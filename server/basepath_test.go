package server

import (
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"wsd/server/hint"
	"wsd/server/servertest"
)

func TestCutBase(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		base, path, rest string
		ok               bool
	}{
		{"/ws", "/ws", "", true},
		{"/ws", "/ws/", "/", true},
		{"/ws", "/ws/a/b/", "/a/b/", true},
		{"/ws", "//ws//a", "//a", true},
		{"/ws", "/wsx", "", false},
		{"/ws", "/w", "", false},
		{"/ws", "/", "", false},
		{"/ws", "", "", false},
		{"/ws", "/a/ws", "", false},
		{"/ws", "/a/../ws", "", false},
		{"/ws", "/WS/", "", false},
		{"/ws", "*", "", false},
		{"/a/b", "/a/b/c", "/c", true},
		{"/a/b", "/a//b", "", true},
		{"/a/b", "/a/", "", false},
		{"/a b", "/a b/c", "/c", true},
	} {
		if rest, ok := cutBase(tt.base, tt.path); rest != tt.rest || ok != tt.ok {
			t.Errorf("%s below %s: %q, %v, want %q, %v", tt.path, tt.base, rest, ok, tt.rest, tt.ok)
		}
	}
}

// FuzzCutBase checks that what is cut off and what is left make the whole again.
func FuzzCutBase(f *testing.F) {
	f.Add("/ws", "/ws/a")
	f.Add("/a/b", "//a///b//c")
	f.Add("/", "/")
	f.Fuzz(func(t *testing.T, base, path string) {
		if checkURLPath("{BasePath}", base) != nil || strings.Trim(base, "/") == "" {
			return
		}
		base = strings.TrimSuffix(base, "/")
		rest, ok := cutBase(base, path)
		if !ok {
			if path == base || strings.HasPrefix(path, base+"/") {
				t.Errorf("%q is not below %q", path, base)
			}
			return
		}
		cut, found := strings.CutSuffix(path, rest)
		if !found || rest != "" && rest[0] != '/' || !sameSegments(cut, base) {
			t.Errorf("%q is cut into %q and %q at %q", path, cut, rest, base)
		}
	})
}

func sameSegments(a, b string) bool {
	return strings.Join(strings.FieldsFunc(a, func(c rune) bool { return c == '/' }), "/") ==
		strings.Join(strings.FieldsFunc(b, func(c rune) bool { return c == '/' }), "/")
}

func TestConfigPaths(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/ws", "/ws/", "/a/b", "/", "/a b/é", "/.well-known/x"} {
		s, err := New(Config{BasePath: path, HealthPath: path})
		if err != nil {
			t.Errorf("%q: %v", path, err)
		} else if want := strings.TrimSuffix(path, "/"); s.cfg.BasePath != want || s.cfg.HealthPath != path {
			t.Errorf("%q: the base path is %q, the health path %q", path, s.cfg.BasePath, s.cfg.HealthPath)
		}
	}
	for path, fault := range map[string]string{
		"ws": "slash", "http://a.example/ws": "slash", "//": "segment", "//ws": "segment", "/a//b": "segment",
		"/ws//": "segment", "/..": "segment", "/a/../b": "segment", "/./a": "segment", "/a/.": "segment",
		"/a%20b": "character", "/a?b": "character", "/a#b": "character", `/a\b`: "character", "/a\nb": "character",
	} {
		for what, cfg := range map[string]Config{"BasePath": {BasePath: path}, "HealthPath": {HealthPath: path}} {
			_, err := New(cfg)
			if err == nil || !strings.Contains(err.Error(), what) || !strings.Contains(err.Error(), fault) || hint.Of(err) == "" {
				t.Errorf("%s %q: %v, want an error about a %s and a hint", what, path, err, fault)
			}
		}
	}
	if _, err := New(Config{ProxyProtocol: true}); err == nil {
		t.Error("the PROXY protocol with nobody to trust")
	}
}

// get is a plain request that follows no redirect.
func get(t testing.TB, method, url string) (resp *http.Response, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err = http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

func TestBasePathCommand(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Command: servertest.Play("env"), BasePath: "/a/ws"})
	for path, info := range map[string]string{
		"/a/ws": "/", "/a/ws/": "/", "/a/ws/x%20y/?q=1": "/x y/", "//a/ws//x": "/x", "/a/w%73/x": "/x",
	} {
		c := s.dial(t).Upgrade(path)
		wantVariables(t, variables(t, c), map[string]string{"SCRIPT_NAME": "/a/ws", "PATH_INFO": info, "REQUEST_URI": path})
	}
	for _, path := range []string{"/", "/a", "/a/wsx", "/x/a/ws", "/a/ws/../..", "/a/ws/%2e%2e/x"} {
		c := s.dial(t)
		if answer := c.Shake(path); answer.StatusCode != http.StatusNotFound {
			t.Errorf("a WebSocket at %s: %s", path, answer.Status)
		}
		if resp, _ := get(t, "GET", "http://"+s.addr+path); resp.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s: %s", path, resp.Status)
		}
	}
	if resp, body := get(t, "GET", "http://"+s.addr+"/a/ws/x"); resp.StatusCode != http.StatusUpgradeRequired || !strings.Contains(body, "/a/ws/x") {
		t.Errorf("%s %q", resp.Status, body)
	}
	for _, r := range s.log.All("CONNECT") {
		if !strings.Contains(r["path"], "a/ws") {
			t.Errorf("the log has the path %s", r["path"])
		}
	}
}

func TestBasePathPlain(t *testing.T) {
	t.Parallel()
	static := t.TempDir()
	err := os.CopyFS(static, fstest.MapFS{
		"index.html": {Data: []byte("the index")}, "sub/index.html": {Data: []byte("of sub")}, "page.html": {Data: []byte("a page")},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, Config{BasePath: "/ws", StaticDir: static, DevConsole: true})
	for _, tt := range []struct {
		path     string
		status   int
		body     string // in it
		location string
	}{
		{"/ws/", 200, "the index", ""},
		{"/ws/page.html", 200, "a page", ""},
		{"/ws/sub", 301, "", "./sub/"},
		{"/ws/sub/", 200, "of sub", ""},
		{"/ws?q=1", 307, "", "./ws/?q=1"},
		{"/ws/none", 200, "<script>", ""}, // the console
		{"/page.html", 404, "", ""},
		{"/", 404, "", ""},
	} {
		resp, body := get(t, "GET", "http://"+s.addr+tt.path)
		if resp.StatusCode != tt.status || !strings.Contains(body, tt.body) || resp.Header.Get("Location") != tt.location {
			t.Errorf("GET %s: %s, Location %q, %.60q; want %d, %q, %q", tt.path, resp.Status, resp.Header.Get("Location"), body, tt.status, tt.location, tt.body)
		}
	}
	console := serve(t, Config{BasePath: "/ws", DevConsole: true})
	if resp, body := get(t, "GET", "http://"+console.addr+"/ws"); resp.StatusCode != 200 || !strings.Contains(body, "<script>") {
		t.Errorf("the console at the base path itself: %s", resp.Status)
	}
}
