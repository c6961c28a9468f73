package server

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"net"
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
	r.RemoteAddr = "192.0.2.7:40000"
	return r
}

// withLocalAddr is r as it came in on the address addr.
func withLocalAddr(r *http.Request, addr net.Addr) *http.Request {
	return r.WithContext(context.WithValue(context.Background(), http.LocalAddrContextKey, addr))
}

// direct is r from a client that no proxy speaks for.
func direct(r *http.Request) *httpRequest {
	return &httpRequest{Request: r, asked: r.URL, client: connectionClient(r)}
}

// variable is the value of a variable in env, which must be there once at most.
func variable(t *testing.T, env []string, name string) (string, bool) {
	t.Helper()
	var values []string
	for _, kv := range env {
		if value, ok := strings.CutPrefix(kv, name+"="); ok {
			values = append(values, value)
		}
	}
	switch len(values) {
	case 0:
		return "", false
	case 1:
		return values[0], true
	}
	t.Fatalf("%s is in the environment %d times", name, len(values))
	return "", false
}

// TestEnvironGolden compares whole environments with testdata/environ.golden,
// which UPDATE_GOLDEN=1 writes anew.
func TestEnvironGolden(t *testing.T) {
	const file = "testdata/environ.golden"
	command := script{path: "/usr/bin/backend", name: "/", pathInfo: "/chat/room a"}
	facts := requestFacts{software: "wsd/1.0", uniqueID: "42", env: []string{"PATH=/usr/bin:/bin", "EMPTY="}}
	var got strings.Builder
	add := func(title string, env []string) {
		got.WriteString("== " + title + "\n" + strings.Join(env, "\n") + "\n\n")
	}

	upgrade := readRequest(t, "GET /chat/room%20a?x=1&y=%2f HTTP/1.1", "Host: Example.com:8080",
		"Upgrade: websocket", "Connection: keep-alive, Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
		"Origin: http://example.com:8080", "Cookie: a=1", "Cookie: b=2", "X-Twice: 1", "X-Twice: 2", "X_Foo: underscore", "X.Foo: dot",
		"Proxy: http://evil.example", "Authorization: Basic dTpw", "Content-Type: text/plain")
	add("a single command", environ(direct(upgrade), command, facts))

	secure := readRequest(t, "GET /env.sh/extra HTTP/1.1", "Host: [2001:DB8:0::1]")
	secure.TLS = &tls.ConnectionState{}
	secure.RemoteAddr = "[2001:db8::2]:40000"
	named := facts
	named.remoteHost = "client.example."
	add("a script, TLS, IPv6 and reverse DNS", environ(direct(secure), script{path: "/srv/ws/env.sh", name: "/env.sh", pathInfo: "/extra"}, named))

	unix := withLocalAddr(readRequest(t, "GET / HTTP/1.0"), &net.UnixAddr{Name: "/run/wsd.sock", Net: "unix"})
	unix.RemoteAddr = "@"
	add("HTTP/1.0 on a Unix socket, without a Host", environ(direct(unix), script{path: "/usr/bin/backend", name: "/", pathInfo: "/"}, facts))

	post := readRequest(t, "POST /form.cgi HTTP/1.1", "Host: example.com", "Content-Type: text/plain", "Content-Length: 3")
	program := facts
	program.cgi = true
	add("a CGI program", environ(direct(post), script{path: "/srv/cgi/form.cgi", name: "/form.cgi"}, program))

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

func TestEnvironVariables(t *testing.T) {
	tcp4 := &net.TCPAddr{IP: net.IPv4(198, 51, 100, 1), Port: 8080}
	tcp6 := &net.TCPAddr{IP: net.ParseIP("fe80::1"), Port: 8080, Zone: "eth0"}
	tests := []struct {
		name   string
		host   string
		local  net.Addr
		remote string
		tls    bool
		want   map[string]string
	}{
		{name: "port of http", host: "a.example", local: tcp4, want: map[string]string{"SERVER_NAME": "a.example", "SERVER_PORT": "80", "HTTP_HOST": "a.example"}},
		{name: "port of https", host: "a.example", tls: true, want: map[string]string{"SERVER_PORT": "443", "HTTPS": "on"}},
		{name: "explicit port", host: "a.example:8443", tls: true, want: map[string]string{"SERVER_PORT": "8443"}},
		{name: "IPv6", host: "[::1]:9", want: map[string]string{"SERVER_NAME": "[::1]", "SERVER_PORT": "9"}},
		{name: "no Host", local: tcp4, want: map[string]string{"SERVER_NAME": "198.51.100.1", "SERVER_PORT": "8080"}},
		{name: "no Host, IPv6", local: tcp6, want: map[string]string{"SERVER_NAME": "[fe80::1]", "SERVER_PORT": "8080"}},
		{name: "nothing known", want: map[string]string{"SERVER_NAME": "localhost", "SERVER_PORT": "80"}},
		{name: "Host that climbs", host: "..", local: tcp4, want: map[string]string{"SERVER_NAME": "198.51.100.1", "HTTP_HOST": ".."}},
		{name: "Host that looks like an option", host: "-rf", local: tcp4, want: map[string]string{"SERVER_NAME": "198.51.100.1"}},
		{name: "Host with a command", host: "$(id)", local: tcp4, want: map[string]string{"SERVER_NAME": "198.51.100.1", "SERVER_PORT": "8080"}},
		{name: "Host with a bad port", host: "a.example:80;id", local: tcp4, want: map[string]string{"SERVER_NAME": "198.51.100.1", "SERVER_PORT": "8080"}},
		{name: "client", remote: "192.0.2.1:5", want: map[string]string{"REMOTE_ADDR": "192.0.2.1", "REMOTE_HOST": "192.0.2.1", "REMOTE_PORT": "5"}},
		{name: "client, IPv6", remote: "[2001:db8::1]:5", want: map[string]string{"REMOTE_ADDR": "2001:db8::1", "REMOTE_PORT": "5"}},
		{name: "client, IPv4 in IPv6", remote: "[::ffff:192.0.2.1]:5", want: map[string]string{"REMOTE_ADDR": "192.0.2.1"}},
		{name: "client on a Unix socket", remote: "@", want: map[string]string{"REMOTE_ADDR": "", "REMOTE_HOST": "", "REMOTE_PORT": ""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := readRequest(t, "GET / HTTP/1.1", "Host: a.example")
			r.Host, r.RemoteAddr = tt.host, tt.remote
			if tt.local != nil {
				r = withLocalAddr(r, tt.local)
			}
			if tt.tls {
				r.TLS = &tls.ConnectionState{}
			}
			env := environ(direct(r), script{name: "/", pathInfo: "/"}, requestFacts{})
			for name, want := range tt.want {
				if got, ok := variable(t, env, name); !ok || got != want {
					t.Errorf("%s = %q (set: %v), want %q", name, got, ok, want)
				}
			}
			if _, ok := variable(t, env, "HTTPS"); ok != tt.tls {
				t.Errorf("HTTPS is set: %v, want %v", ok, tt.tls)
			}
			if _, ok := variable(t, env, "HTTP_HOST"); ok != (tt.host != "") {
				t.Errorf("HTTP_HOST is set: %v for Host %q", ok, tt.host)
			}
		})
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
	facts := requestFacts{env: []string{"HTTP_SECRET=of the operator"}}
	for _, tt := range tests {
		r := readRequest(t, "GET / HTTP/1.1", "Host: a.example")
		r.Header = http.Header{tt.header: {tt.value}}
		got, ok := variable(t, environ(direct(r), script{}, facts), tt.variable)
		if ok == tt.absent || got != tt.want {
			t.Errorf("header %q: %q makes %s = %q (set: %v), want %q (absent: %v)", tt.header, tt.value, tt.variable, got, ok, tt.want, tt.absent)
		}
	}
}

func TestEnvironPassedOn(t *testing.T) {
	r := readRequest(t, "GET /?q HTTP/1.1", "Host: a.example")
	given := []string{"PATH=/bin", "PATH=/second", "QUERY_STRING=evil", "HTTPS=on", "HTTP_PROXY=http://proxy.example", "broken", "=broken", "EMPTY=", "EQ=a=b"}
	before := slices.Clone(given)
	env := environ(direct(r), script{}, requestFacts{env: given})
	want := map[string]string{"PATH": "/bin", "QUERY_STRING": "q", "HTTPS": "on", "HTTP_PROXY": "http://proxy.example", "EMPTY": "", "EQ": "a=b"}
	for name, value := range want {
		if got, ok := variable(t, env, name); !ok || got != value {
			t.Errorf("%s = %q (set: %v), want %q", name, got, ok, value)
		}
	}
	if slices.Contains(env, "broken") || slices.Contains(env, "=broken") {
		t.Errorf("what is no variable is in the environment: %q", env)
	}
	if !slices.Equal(given, before) {
		t.Errorf("environ changed the list it was given: %q", given)
	}
	t.Setenv("WSD_LEAK", "secret")
	if _, ok := variable(t, environ(direct(r), script{}, requestFacts{env: given}), "WSD_LEAK"); ok {
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
		env := environ(direct(r), script{path: "/srv/x"}, requestFacts{cgi: tt.cgi})
		length, _ := variable(t, env, "CONTENT_LENGTH")
		contentType, _ := variable(t, env, "CONTENT_TYPE")
		_, filename := variable(t, env, "SCRIPT_FILENAME")
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
		r.RemoteAddr = value
		s := script{path: path, name: path, pathInfo: path}
		facts := requestFacts{uniqueID: value, remoteHost: host, env: []string{passed}, documentRoot: filepath.FromSlash("/srv")}
		env := environ(direct(r), s, facts)
		if !slices.Equal(env, environ(direct(r), s, facts)) {
			t.Error("two environments of one request differ")
		}
		seen := make(map[string]bool)
		for _, kv := range env {
			name, _, ok := strings.Cut(kv, "=")
			if !ok || name == "" || seen[name] {
				t.Errorf("%q is no variable, or is there twice", kv)
			}
			seen[name] = true
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
		if header == "Cookie" || !strings.EqualFold(header, "Cookie") { // two spellings of one name have no order
			wantEnviron(t, env, slowEnviron(host, path, query, header, value, passed))
		}
		if name, _ := variable(t, env, "SERVER_NAME"); strings.ContainsAny(name, " $`;|&<>()/\\'\"") || strings.HasPrefix(name, "-") || strings.Contains(name, "..") {
			t.Errorf("a client set SERVER_NAME=%s", name)
		}
		if file, _ := variable(t, env, "PATH_TRANSLATED"); file != "" && !isInside(filepath.FromSlash("/srv"), file) {
			t.Errorf("PATH_TRANSLATED=%s is not below the root", file)
		}
	})
}

var (
	plainHeader = regexp.MustCompile(`^[A-Za-z0-9-]+$`)
	lineBreaks  = regexp.MustCompile("[\r\n\x00]")
	notNamed    = regexp.MustCompile(`^(=|[^=]*$)`)
	// plainHost leaves out what a host may be as well; SERVER_NAME is then looked
	// at by FuzzEnviron alone.
	plainHost = regexp.MustCompile(`^([a-z0-9]+(?:\.[a-z0-9]+)*)(?::([1-9][0-9]{0,3}))?$`)
)

// slowEnviron is what the request of FuzzEnviron makes, by RFC 3875 and one
// variable after the other: of two the later one counts.
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
		"REMOTE_IDENT": "", "REMOTE_USER": "", "AUTH_TYPE": "", "CONTENT_LENGTH": "", "CONTENT_TYPE": "",
	} {
		want[name] = line(text)
	}
	if m := plainHost.FindStringSubmatch(host); m != nil && len(host) < 200 {
		want["SERVER_NAME"], want["SERVER_PORT"] = m[1], cmp.Or(m[2], "80")
	}
	return want
}

// wantEnviron checks that env is want, but for variables that slowEnviron leaves
// to others.
func wantEnviron(t *testing.T, env []string, want map[string]string) {
	t.Helper()
	left := []string{"SERVER_NAME", "SERVER_PORT", "REQUEST_URI", "PATH_TRANSLATED", "REMOTE_ADDR", "REMOTE_HOST", "REMOTE_PORT"}
	got := map[string]string{}
	for _, kv := range env {
		name, text, _ := strings.Cut(kv, "=")
		got[name] = text
		if expected, ok := want[name]; !slices.Contains(left, name) && (!ok || expected != text) {
			t.Errorf("%q, want %q (%v)", kv, expected, ok)
		}
	}
	for name, text := range want {
		if found, ok := got[name]; !ok || !slices.Contains(left, name) && found != text {
			t.Errorf("%s=%q, want %q", name, found, text)
		}
	}
	if expected, ok := want["SERVER_PORT"]; ok && want["SERVER_NAME"] != got["SERVER_NAME"] || ok && expected != got["SERVER_PORT"] {
		t.Errorf("SERVER_NAME=%s SERVER_PORT=%s, want %s %s", got["SERVER_NAME"], got["SERVER_PORT"], want["SERVER_NAME"], expected)
	}
}

// isInside says whether path is dir or below it, by their names alone.
func isInside(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel)
}
