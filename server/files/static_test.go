package files

import (
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// staticTree is a static folder with CGI programs in it and a neighbour. What
// must never be served contains the word SECRET. Files with the extension .cmd are
// executable on every platform; links is false where this user may make none.
func staticTree(t testing.TB) (dir string, links bool) {
	t.Helper()
	top := t.TempDir()
	dir = filepath.Join(top, "www")
	texts, tree := map[string]string{
		"www/index.html":              "the index",
		"www/page.html":               "0123456789",
		"www/with space.txt":          "a space",
		"www/script.js":               "// js",
		"www/tool.cmd":                "a download",
		"www/sub/index.html":          "the index of sub",
		"www/evil.example/index.html": "a folder with a host's name",
		"www/x:y/index.html":          "a folder with a scheme's name",
		"www/bare/file.txt":           "a file in a folder without index",
		"www/odd/index.html/file.txt": "a folder called index.html",
		"www/.well-known/acme/token":  "a token",
		"www/.well-known/.env":        "SECRET",
		"www/.env":                    "SECRET",
		"www/.git/config":             "SECRET",
		"www/sub/.htpasswd":           "SECRET",
		"www/cgi-bin/form.cmd":        "SECRET",
		"www/cgi-bin/lib/db.inc":      "SECRET",
		"www/cgi-bin/index.html":      "SECRET",
		"www/.data/config.json":       "a volume",
		"outside/file.txt":            "SECRET",
		"www-2/file.txt":              "SECRET",
	}, fstest.MapFS{}
	for name, text := range texts {
		tree[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
		if strings.HasSuffix(name, ".cmd") {
			tree[name].Mode = 0o755
		}
	}
	if err := os.CopyFS(top, tree); err != nil {
		t.Fatal(err)
	}
	link := func(target string) *fstest.MapFile {
		return &fstest.MapFile{Mode: fs.ModeSymlink, Data: []byte(filepath.FromSlash(target))}
	}
	err := os.CopyFS(dir, fstest.MapFS{
		"absolute.html": link(filepath.Join(dir, "page.html")),
		"config.json":   link(".data/config.json"),
		"out":           link("../outside"),
		"escape.txt":    link(filepath.Join(top, "outside", "file.txt")),
		"near":          link("../www-2"),
		"form.txt":      link("cgi-bin/form.cmd"),
		"programs":      link("cgi-bin"),
	})
	if err != nil {
		t.Logf("no symbolic links here: %v", err)
	}
	return dir, err == nil
}

// answer is what s answers to a request line; ok is what
// serve returned.
func answer(t testing.TB, s *Static, method, target string) (w *httptest.ResponseRecorder, ok bool) {
	t.Helper()
	w = httptest.NewRecorder()
	return w, s.Serve(w, httptest.NewRequest(method, target, nil))
}

func TestStaticFiles(t *testing.T) {
	dir, links := staticTree(t)
	s := &Static{Dir: dir, CGIDir: filepath.Join(dir, "cgi-bin")}
	tests := []struct {
		target   string
		body     string // "" for no such file
		mime     string
		location string // set for a redirect
		link     bool
	}{
		{target: "/", body: "the index", mime: "text/html; charset=utf-8"},
		{target: "/index.html", body: "the index"},
		{target: "/page.html", body: "0123456789", mime: "text/html; charset=utf-8"},
		{target: "/page.html?x=1", body: "0123456789"},
		{target: "//page.html", body: "0123456789"},
		{target: "/./page.html", body: "0123456789"},
		{target: "/with%20space.txt", body: "a space", mime: "text/plain; charset=utf-8"},
		{target: "/script.js", body: "// js", mime: "text/javascript; charset=utf-8"},
		{target: "/tool.cmd", body: "a download"},
		{target: "/sub/", body: "the index of sub"},
		{target: "/sub%2findex.html", body: "the index of sub"},
		{target: "/bare/file.txt", body: "a file in a folder without index"},
		{target: "/.well-known/acme/token", body: "a token"},

		{target: "/sub", location: "/sub/"},
		{target: "/sub?a=b&c=%2f", location: "/sub/?a=b&c=%2f"},
		{target: "//sub", location: "//sub/"},
		{target: "//evil.example", location: "//evil.example/"},
		{target: "//evil.example?x", location: "//evil.example/?x"},
		{target: "///evil.example", location: "///evil.example/"},
		{target: "/x:y", location: "/x:y/"},
		{target: "/sub/.", location: "/sub/"},
		{target: "/bare%2f..%2fsub"},
		{target: "/bare%2f.%2f..%2fsub"},

		{target: "/page.html/"},
		{target: "/nope"},
		{target: "/bare"},
		{target: "/bare/"},
		{target: "/odd"},
		{target: "/odd/"},
		{target: "/.env"},
		{target: "/%2eenv"},
		{target: "/.git/config"},
		{target: "/.git/"},
		{target: "/.well-known/.env"},
		{target: "/sub/.htpasswd"},
		{target: "/.data/config.json"},
		{target: "/../outside/file.txt"},
		{target: "/%2e%2e/outside/file.txt"},
		{target: "/..%2foutside/file.txt"},
		{target: "/sub/../page.html"},
		{target: "//evil.example/.."},
		{target: "/..%5coutside%5cfile.txt"},
		{target: "/page.html%00"},
		{target: "/cgi-bin/form.cmd"},
		{target: "/cgi-bin/form.cmd/extra"},
		{target: "/cgi-bin/lib/db.inc"},
		{target: "/cgi-bin/"},
		{target: "/cgi-bin"},

		{target: "/absolute.html", body: "0123456789", link: true},
		{target: "/config.json", body: "a volume", mime: "application/json", link: true},
		{target: "/out/file.txt", link: true},
		{target: "/escape.txt", link: true},
		{target: "/near/file.txt", link: true},
		{target: "/form.txt", link: true},
		{target: "/programs/form.cmd", link: true},
		{target: "/programs/", link: true},
	}
	for _, tt := range tests {
		if tt.link && !links {
			continue
		}
		w, ok := answer(t, s, "GET", tt.target)
		if ok != (tt.body != "" || tt.location != "") {
			t.Errorf("%s: served: %v, status %d, body %q", tt.target, ok, w.Code, w.Body)
			continue
		}
		switch {
		case tt.location != "":
			if got := resolve(t, tt.target, w); w.Code != http.StatusMovedPermanently || got != "http://a.example"+tt.location {
				t.Errorf("%s: status %d to %q, want a redirect to %q", tt.target, w.Code, got, tt.location)
			}
		case tt.body != "":
			if w.Code != http.StatusOK || w.Body.String() != tt.body {
				t.Errorf("%s: status %d, body %q, want %q", tt.target, w.Code, w.Body, tt.body)
			}
			if got := w.Header().Get("Content-Type"); tt.mime != "" && got != tt.mime {
				t.Errorf("%s: Content-Type %q, want %q", tt.target, got, tt.mime)
			}
			if got := w.Header().Get("X-Content-Type-Options"); got != "nosniff" {
				t.Errorf("%s: X-Content-Type-Options %q", tt.target, got)
			}
		case len(w.Header()) > 0 || w.Body.Len() > 0:
			t.Errorf("%s: not served, but wrote %v %q", tt.target, w.Header(), w.Body)
		}
	}
}

// resolve is where a browser goes from the target on a.example when it gets the
// redirect w. Browsers read a backslash as a slash.
func resolve(t testing.TB, target string, w *httptest.ResponseRecorder) string {
	t.Helper()
	location, err := url.Parse(strings.ReplaceAll(w.Header().Get("Location"), `\`, "/"))
	if err != nil {
		t.Fatalf("%s: redirect to %q: %v", target, w.Header().Get("Location"), err)
	}
	base, err := url.Parse("http://a.example" + target)
	if err != nil {
		t.Fatal(err)
	}
	return base.ResolveReference(location).String()
}

func TestStaticOff(t *testing.T) {
	if _, ok := answer(t, &Static{Dir: ""}, "GET", "/"); ok {
		t.Error("a file was served without a folder")
	}
	if _, ok := answer(t, &Static{Dir: filepath.Join(t.TempDir(), "gone")}, "GET", "/"); ok {
		t.Error("a file was served from a folder that is not there")
	}
}

// TestStaticCGI moves the static folder around the CGI folder.
func TestStaticCGI(t *testing.T) {
	dir, links := staticTree(t)
	cgi := filepath.Join(dir, "cgi-bin")
	tests := []struct {
		name            string
		static, cgi     string
		target          string
		served, isALink bool
	}{
		{name: "no CGI", static: dir, target: "/cgi-bin/form.cmd", served: true},
		{name: "no CGI folder there", static: dir, cgi: filepath.Join(dir, "gone"), target: "/cgi-bin/form.cmd", served: true},
		{name: "static above", static: dir, cgi: cgi, target: "/cgi-bin/form.cmd"},
		{name: "static above, a library", static: dir, cgi: cgi, target: "/cgi-bin/lib/db.inc"},
		{name: "the same folder", static: cgi, cgi: cgi, target: "/form.cmd"},
		{name: "the same folder, a page", static: cgi, cgi: cgi, target: "/index.html", served: true},
		{name: "static below", static: filepath.Join(dir, "sub"), cgi: dir, target: "/index.html", served: true},
		{name: "static below, a program", static: cgi, cgi: dir, target: "/form.cmd"},
		{name: "CGI folder by a link", static: dir, cgi: filepath.Join(dir, "programs"), target: "/cgi-bin/form.cmd", isALink: true},
		{name: "static folder by a link", static: filepath.Join(dir, "programs"), cgi: cgi, target: "/form.cmd", isALink: true},
		{name: "file by a link", static: dir, cgi: cgi, target: "/form.txt", isALink: true},
	}
	for _, tt := range tests {
		if tt.isALink && !links {
			continue
		}
		if w, ok := answer(t, &Static{Dir: tt.static, CGIDir: tt.cgi}, "GET", tt.target); ok != tt.served {
			t.Errorf("%s: served: %v, body %q", tt.name, ok, w.Body)
		}
	}
}

// TestStaticHTTP looks at the answers from the other end of a connection.
func TestStaticHTTP(t *testing.T) {
	dir, _ := staticTree(t)
	modified := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	if err := os.Chtimes(filepath.Join(dir, "page.html"), modified, modified); err != nil {
		t.Fatal(err)
	}
	s := &Static{Dir: dir}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.Serve(w, r) {
			w.WriteHeader(http.StatusTeapot) // somebody else's turn
		}
	}))
	defer server.Close()
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	tests := []struct {
		name           string
		method, target string
		header, value  string
		status         int
		body           string
		want           map[string]string
	}{
		{name: "GET", method: "GET", target: "/page.html", status: 200, body: "0123456789", want: map[string]string{"Content-Length": "10", "Last-Modified": "Thu, 29 Feb 2024 12:00:00 GMT", "Accept-Ranges": "bytes"}},
		{name: "HEAD", method: "HEAD", target: "/page.html", status: 200, want: map[string]string{"Content-Length": "10"}},
		{name: "range", method: "GET", target: "/page.html", header: "Range", value: "bytes=2-4", status: 206, body: "234", want: map[string]string{"Content-Range": "bytes 2-4/10"}},
		{name: "range beyond", method: "GET", target: "/page.html", header: "Range", value: "bytes=20-", status: 416, body: "invalid range: failed to overlap\n", want: map[string]string{"Content-Range": "bytes */10"}},
		{name: "not modified", method: "GET", target: "/page.html", header: "If-Modified-Since", value: "Thu, 29 Feb 2024 12:00:00 GMT", status: 304},
		{name: "modified", method: "GET", target: "/page.html", header: "If-Modified-Since", value: "Thu, 29 Feb 2024 11:59:59 GMT", status: 200, body: "0123456789"},
		{name: "POST", method: "POST", target: "/page.html", status: 405, body: "405 method not allowed\n", want: map[string]string{"Allow": "GET, HEAD"}},
		{name: "OPTIONS", method: "OPTIONS", target: "/", status: 405, body: "405 method not allowed\n", want: map[string]string{"Allow": "GET, HEAD"}},
		{name: "DELETE a folder", method: "DELETE", target: "/sub", status: 405, body: "405 method not allowed\n", want: map[string]string{"Location": ""}},
		{name: "POST to nothing", method: "POST", target: "/nope", status: 418},
		{name: "HEAD a folder", method: "HEAD", target: "/sub", status: 301, want: map[string]string{"Location": "./sub/"}},
		{name: "nothing", method: "GET", target: "/nope", status: 418},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), tt.method, server.URL+tt.target, nil)
			if err != nil {
				t.Fatal(err)
			}
			if tt.header != "" {
				r.Header.Set(tt.header, tt.value)
			}
			response, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			if response.StatusCode != tt.status || string(body) != tt.body {
				t.Errorf("status %d, body %q, want %d, %q", response.StatusCode, body, tt.status, tt.body)
			}
			for name, want := range tt.want {
				if got := response.Header.Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
		})
	}
}

// FuzzStatic checks that no request gets at what is not to be served, and that
// no redirect leaves the server.
func FuzzStatic(f *testing.F) {
	for _, seed := range []string{"/", "/page.html", "/sub", "//evil.example", "//evil.example/..", "/%2e%2e/outside/file.txt", "/.well-known/../.env",
		"/cgi-bin/form.cmd", "/programs/form.cmd", "/form.txt", "/out/file.txt", "/x:y", `/\evil.example`, "/sub%2f..%2f.env", "/sub?//x", "/.%5c.env"} {
		f.Add(seed)
	}
	dir, _ := staticTree(f)
	s := &Static{Dir: dir, CGIDir: filepath.Join(dir, "cgi-bin")}
	f.Fuzz(func(t *testing.T, target string) {
		u, err := url.ParseRequestURI(target)
		if err != nil || !strings.HasPrefix(target, "/") {
			return
		}
		if strings.HasPrefix(target, "//") { // net/http's server reads this as a path, too
			rest := strings.TrimLeft(target, "/")
			if u, err = url.ParseRequestURI("/" + rest); err != nil {
				return
			}
			u.Path, u.RawPath = "/"+u.Path, ""
		}
		r := &http.Request{Method: "GET", URL: u, Host: "a.example", Header: http.Header{}}
		w := httptest.NewRecorder()
		ok := s.Serve(w, r)
		switch {
		case !ok && (len(w.Header()) > 0 || w.Body.Len() > 0):
			t.Errorf("%q is not served, but wrote %v %q", target, w.Header(), w.Body)
		case strings.Contains(w.Body.String(), "SECRET"):
			t.Errorf("%q gets at a secret", target)
		case w.Code == http.StatusMovedPermanently:
			location, err := url.Parse(strings.ReplaceAll(w.Header().Get("Location"), `\`, "/"))
			if err != nil || location.Host != "" || location.Scheme != "" || !strings.HasPrefix(location.Path, "./") {
				t.Errorf("%q is redirected to %q (%v)", target, w.Header().Get("Location"), err)
			}
		}
	})
}
