package cgi

import (
	"bufio"
	"cmp"
	"crypto/tls"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// readRequest is the request of the given lines, as net/http's server sees it.
func readRequest(t testing.TB, lines ...string) *http.Request {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(strings.Join(lines, "\r\n") + "\r\n\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// variables is the environment of r, in which each name must be there once.
func variables(t *testing.T, r *Request) map[string]string {
	t.Helper()
	env := map[string]string{}
	for _, kv := range Environ(r) {
		name, value, ok := strings.Cut(kv, "=")
		if _, twice := env[name]; !ok || name == "" || twice {
			t.Errorf("%q is no variable, or is there twice", kv)
		}
		env[name] = value
	}
	return env
}

// TestEnvironGolden compares whole environments with testdata/environ.golden,
// which UPDATE_GOLDEN=1 writes anew.
func TestEnvironGolden(t *testing.T) {
	const file = "testdata/environ.golden"
	var got strings.Builder
	add := func(title string, r *Request) {
		r.URI, r.Software, r.ID, r.Env = r.HTTP.URL.RequestURI(), "wsd/1.0", "42", []string{"PATH=/usr/bin:/bin", "EMPTY="}
		got.WriteString("== " + title + "\n" + strings.Join(Environ(r), "\n") + "\n\n")
	}

	upgrade := readRequest(t, "GET /chat/room%20a?x=1&y=%2f HTTP/1.1", "Host: Example.com:8080",
		"Upgrade: websocket", "Connection: keep-alive, Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
		"Origin: http://example.com:8080", "Cookie: a=1", "Cookie: b=2", "X-Twice: 1", "X-Twice: 2", "X_Foo: underscore", "X.Foo: dot",
		"Proxy: http://evil.example", "Authorization: Basic dTpw", "Content-Type: text/plain")
	add("a single command", &Request{
		HTTP: upgrade, Script: Script{Path: "/usr/bin/backend", Name: "/", PathInfo: "/chat/room a"},
		ServerName: "example.com", ServerPort: "8080", RemoteAddr: "192.0.2.7", RemotePort: "40000",
	})

	secure := readRequest(t, "GET /env.sh/extra HTTP/1.1", "Host: [2001:DB8:0::1]")
	secure.TLS = &tls.ConnectionState{}
	add("a script, TLS, IPv6 and reverse DNS", &Request{
		HTTP: secure, Script: Script{Path: "/srv/ws/env.sh", Name: "/env.sh", PathInfo: "/extra"}, HTTPS: true,
		ServerName: "[2001:db8::1]", ServerPort: "443", RemoteAddr: "2001:db8::2", RemotePort: "40000", RemoteHost: "client.example.",
	})

	unix := readRequest(t, "GET / HTTP/1.0")
	add("HTTP/1.0 on a Unix socket, without a Host", &Request{
		HTTP: unix, Script: Script{Path: "/usr/bin/backend", Name: "/", PathInfo: "/"}, ServerName: "localhost", ServerPort: "80",
	})

	post := readRequest(t, "POST /form.cgi HTTP/1.1", "Host: example.com", "Content-Type: text/plain", "Content-Length: 3")
	add("a CGI program", &Request{
		HTTP: post, Script: Script{Path: "/srv/cgi/form.cgi", Name: "/form.cgi"}, IsCGI: true,
		ServerName: "example.com", ServerPort: "80", RemoteAddr: "192.0.2.7", RemotePort: "40000",
	})

	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if text := strings.ReplaceAll(string(want), "\r\n", "\n"); got.String() != text {
		t.Errorf("the environment is not that of %s; got:\n%s", file, got.String())
	}
}

func TestEnvironHeaders(t *testing.T) {
	tests := []struct {
		header, value string
		variable      string
		want          string
		absent        bool
	}{
		{header: "X-Foo", value: "a\nb\r\nc\x00d", variable: "HTTP_X_FOO", want: "a b  c d"},
		{header: "X-Foo", value: "caf\xe9", variable: "HTTP_X_FOO", want: "caf\xe9"},
		{header: "X-Foo", value: "\xff\nb", variable: "HTTP_X_FOO", want: "\xff b"},
		{header: "X_foo", value: "evil", variable: "HTTP_X_FOO", absent: true},
		{header: "X.foo", value: "evil", variable: "HTTP_X.FOO", absent: true},
		{header: "Proxy", value: "evil", variable: "HTTP_PROXY", absent: true},
		{header: "pROXY", value: "evil", variable: "HTTP_PROXY", absent: true},
		{header: "Host", value: "evil", variable: "HTTP_HOST", want: "a.example"},
		{header: "Ključ", value: "evil", variable: "HTTP_KLJUČ", absent: true},
		{header: "A=B", value: "evil", variable: "HTTP_A", absent: true},
		{header: "", value: "evil", variable: "HTTP_", absent: true},
		{header: "Authorization", value: "Basic dTpw", variable: "HTTP_AUTHORIZATION", want: "Basic dTpw"},
		{header: "X-Empty", value: "", variable: "HTTP_X_EMPTY", want: ""},
		{header: "Secret", value: "of the client", variable: "HTTP_SECRET", want: "of the operator"},
		{header: "X-Foo", value: "x", variable: "REMOTE_USER", want: ""},
	}
	for _, tt := range tests {
		r := readRequest(t, "GET / HTTP/1.1", "Host: a.example")
		r.Header = http.Header{tt.header: {tt.value}}
		got, ok := variables(t, &Request{HTTP: r, Env: []string{"HTTP_SECRET=of the operator"}})[tt.variable]
		if ok == tt.absent || got != tt.want {
			t.Errorf("header %q: %q makes %s = %q (set: %v), want %q (absent: %v)", tt.header, tt.value, tt.variable, got, ok, tt.want, tt.absent)
		}
	}
}

func TestEnvironPassedOn(t *testing.T) {
	r := readRequest(t, "GET /?q HTTP/1.1", "Host: a.example")
	given := []string{"PATH=/bin", "PATH=/second", "QUERY_STRING=evil", "HTTPS=on", "HTTP_PROXY=http://proxy.example", "broken", "=broken", "EMPTY=", "EQ=a=b"}
	before := slices.Clone(given)
	env := variables(t, &Request{HTTP: r, Env: given})
	want := map[string]string{"PATH": "/bin", "QUERY_STRING": "q", "HTTPS": "on", "HTTP_PROXY": "http://proxy.example", "EMPTY": "", "EQ": "a=b"}
	for name, value := range want {
		if got, ok := env[name]; !ok || got != value {
			t.Errorf("%s = %q (set: %v), want %q", name, got, ok, value)
		}
	}
	if !slices.Equal(given, before) {
		t.Errorf("environ changed the list it was given: %q", given)
	}
	t.Setenv("WSD_LEAK", "secret")
	if _, ok := variables(t, &Request{HTTP: r, Env: given})["WSD_LEAK"]; ok {
		t.Error("the server's own environment leaks")
	}
}

func TestEnvironBody(t *testing.T) {
	tests := []struct {
		name         string
		cgi          bool
		length       int64
		wantLength   string
		wantType     string
		wantFilename bool
	}{
		{name: "backend", length: 3},
		{name: "CGI", cgi: true, length: 3, wantLength: "3", wantType: "text/plain", wantFilename: true},
		{name: "CGI, no body", cgi: true, wantFilename: true},
		{name: "CGI, length unknown", cgi: true, length: -1, wantType: "text/plain", wantFilename: true},
	}
	for _, tt := range tests {
		r := readRequest(t, "POST / HTTP/1.1", "Host: a.example", "Content-Type: text/plain")
		r.ContentLength = tt.length
		env := variables(t, &Request{HTTP: r, Script: Script{Path: "/srv/x"}, IsCGI: tt.cgi})
		length, contentType := env["CONTENT_LENGTH"], env["CONTENT_TYPE"]
		_, filename := env["SCRIPT_FILENAME"]
		if length != tt.wantLength || contentType != tt.wantType || filename != tt.wantFilename {
			t.Errorf("%s: CONTENT_LENGTH %q, CONTENT_TYPE %q, SCRIPT_FILENAME set: %v", tt.name, length, contentType, filename)
		}
	}
}

func TestTranslate(t *testing.T) {
	root := filepath.FromSlash("/srv/www")
	for _, tt := range []struct{ root, pathInfo, want string }{
		{root, "/a/b", "/srv/www/a/b"},
		{root, "/", "/srv/www"},
		{root, "", ""},
		{"", "/etc/passwd", ""},
		{root, "/../../etc/passwd", "/srv/www/etc/passwd"},
		{root, "/a\x00b", ""},
	} {
		if got := translate(tt.root, tt.pathInfo); got != filepath.FromSlash(tt.want) {
			t.Errorf("translate(%q, %q) = %q, want %q", tt.root, tt.pathInfo, got, tt.want)
		}
	}
}

// FuzzEnviron checks that whatever a client sends, each variable is there once,
// on one line, and only under a name that the client may choose.
func FuzzEnviron(f *testing.F) {
	f.Add("example.com:8080", "/a b", "x=1", "X-Foo", "1", "HTTP_X_FOO=2")
	f.Add("[::1]", "/\n\x00", "\r\n", "Proxy", "http://evil.example", "PATH=/bin")
	f.Add("$(id)", "/../x", "", "X_Foo", "a\x00b", "SERVER_NAME=x")
	f.Add("-x", "//x", "%00", "Content-Type", "() { :;}", "=")
	f.Fuzz(func(t *testing.T, host, path, query, header, value, passed string) {
		r := readRequest(t, "GET / HTTP/1.1", "Host: a.example")
		r.Host, r.URL.Path, r.URL.RawQuery = host, path, query
		r.Header = http.Header{header: {value, value}, "Cookie": {value, value}}
		request := &Request{
			HTTP: r, Script: Script{Path: path, Name: path, PathInfo: path}, URI: path, ServerName: host, ServerPort: value,
			RemoteAddr: value, RemotePort: value, RemoteHost: host, ID: value, DocumentRoot: filepath.FromSlash("/srv"), Env: []string{passed},
		}
		env := Environ(request)
		if !slices.Equal(env, Environ(request)) {
			t.Error("two environments of one request differ")
		}
		for _, kv := range env {
			name := variableName(kv)
			if kv == passed {
				continue
			}
			if strings.ContainsAny(kv, "\r\n\x00") || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
				t.Errorf("%q can't be in an environment", kv)
			}
			if name == "HTTP_PROXY" {
				t.Errorf("a client set %q", kv)
			}
		}
		got := variables(t, request)
		if file := got["PATH_TRANSLATED"]; file != "" && !isInside(filepath.FromSlash("/srv"), file) {
			t.Errorf("PATH_TRANSLATED=%s is not below the root", file)
		}
		delete(got, "PATH_TRANSLATED")
		want := slowEnviron(host, path, query, header, value, passed)
		oneName := header == "Cookie" || !strings.EqualFold(header, "Cookie") // two spellings of one name have no order
		if oneName && !maps.Equal(got, want) {
			t.Errorf("the environment is\n%q, want\n%q", got, want)
		}
	})
}

var (
	plainHeader = regexp.MustCompile(`^[A-Za-z0-9-]+$`)
	lineBreaks  = regexp.MustCompile("[\r\n\x00]")
	notNamed    = regexp.MustCompile(`^(=|[^=]*$)`)
)

// slowEnviron is what the request of FuzzEnviron makes, less PATH_TRANSLATED, by
// RFC 3875 and one variable after the other: of two the later one counts.
func slowEnviron(host, path, query, header, value, passed string) map[string]string {
	want := map[string]string{}
	line := func(s string) string { return lineBreaks.ReplaceAllString(s, " ") }
	if host != "" {
		want["HTTP_HOST"] = line(host)
	}
	want["HTTP_COOKIE"] = line(value + "; " + value)
	name := strings.ToUpper(strings.ReplaceAll(header, "-", "_"))
	if plainHeader.MatchString(header) && name != "PROXY" && name != "HOST" && name != "COOKIE" {
		want["HTTP_"+name] = line(value + ", " + value)
	}
	if !notNamed.MatchString(passed) {
		name, text, _ := strings.Cut(passed, "=")
		want[name] = text
	}
	delete(want, "HTTPS") // which the server would say itself
	if strings.HasPrefix(passed, "HTTPS=") {
		want["HTTPS"] = passed[len("HTTPS="):]
	}
	for name, text := range map[string]string{
		"GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1", "REQUEST_METHOD": "GET", "SERVER_SOFTWARE": "",
		"SCRIPT_NAME": path, "PATH_INFO": path, "QUERY_STRING": query, "UNIQUE_ID": value,
		"REQUEST_URI": path, "SERVER_NAME": host, "SERVER_PORT": value, "REMOTE_ADDR": value, "REMOTE_PORT": value,
		"REMOTE_HOST": cmp.Or(strings.TrimSuffix(host, "."), value), "REMOTE_IDENT": "", "REMOTE_USER": "", "AUTH_TYPE": "", "CONTENT_LENGTH": "", "CONTENT_TYPE": "",
	} {
		want[name] = line(text)
	}
	delete(want, "PATH_TRANSLATED")
	return want
}

// isInside says whether path is dir or below it, by their names alone.
func isInside(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel)
}
