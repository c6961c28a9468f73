package console

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// getConsole asks the console of a server with these facts for its page.
func getConsole(t *testing.T, facts Facts, method, target string) *http.Response {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(method, target, nil)
	New(facts).Serve(w, r, r.Host, nil)
	return w.Result()
}

func readAll(t *testing.T, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestHeaders(t *testing.T) {
	for _, target := range []string{"/", "/foo/bar?x=1", "/favicon.ico", "//two"} {
		res := getConsole(t, Facts{}, "GET", "http://example.org:8080"+target)
		if res.StatusCode != 200 {
			t.Errorf("GET %s: status %d", target, res.StatusCode)
		}
		want := map[string]string{
			"Content-Type":           "text/html; charset=utf-8",
			"X-Content-Type-Options": "nosniff",
			"Referrer-Policy":        "no-referrer",
			"Cache-Control":          "no-cache",
		}
		for name, value := range want {
			if got := res.Header.Get(name); got != value {
				t.Errorf("GET %s: %s is %q, want %q", target, name, got, value)
			}
		}
		if got := readAll(t, res.Body); !strings.HasPrefix(got, "<!doctype html>") {
			t.Errorf("GET %s: the body is not the page", target)
		}
	}
}

func TestMethods(t *testing.T) {
	page := readAll(t, getConsole(t, Facts{}, "GET", "/").Body)

	head := getConsole(t, Facts{}, "HEAD", "/")
	if head.StatusCode != 200 || head.ContentLength != int64(len(page)) || readAll(t, head.Body) != "" {
		t.Errorf("HEAD: status %d, Content-Length %d, want 200 and %d without a body", head.StatusCode, head.ContentLength, len(page))
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "PATCH"} {
		res := getConsole(t, Facts{}, method, "/")
		if res.StatusCode != 405 || res.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: status %d, Allow %q", method, res.StatusCode, res.Header.Get("Allow"))
		}
	}
}

func TestNotModified(t *testing.T) {
	c := New(Facts{})
	first := httptest.NewRecorder()
	c.Serve(first, httptest.NewRequest("GET", "/", nil), "", nil)
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("If-None-Match", first.Header().Get("ETag"))
	second := httptest.NewRecorder()
	c.Serve(second, r, "", nil)
	if second.Code != 304 || second.Body.Len() != 0 {
		t.Errorf("a page that is known already: status %d with %d bytes, want 304 without a body", second.Code, second.Body.Len())
	}
	for name, serve := range map[string]func(w http.ResponseWriter){
		"of another server": func(w http.ResponseWriter) { New(Facts{Binary: true}).Serve(w, r, "", nil) },
		"with a backend":    func(w http.ResponseWriter) { c.Serve(w, r, "", []string{"/new"}) },
	} {
		other := httptest.NewRecorder()
		serve(other)
		if other.Code != 200 {
			t.Errorf("the page %s: status %d, want 200 and not the page that is known", name, other.Code)
		}
	}
}

// TestBackends reads the list back as a browser does. What a name holds must not get
// out of the attribute.
func TestBackends(t *testing.T) {
	tests := []struct {
		backends []string
		want     string
	}{
		{nil, `[]`},
		{[]string{"/a", "/b/c.sh"}, `["/a","/b/c.sh"]`},
		{[]string{`/"><script>&amp;`}, `["/\"\u003e\u003cscript\u003e\u0026amp;"]`},
	}
	for _, test := range tests {
		w := httptest.NewRecorder()
		New(Facts{}).Serve(w, httptest.NewRequest("GET", "/", nil), "", test.backends)
		tag, _, _ := strings.Cut(w.Body.String()[len("<!doctype html>\n"):], "\n")
		found := regexp.MustCompile(` data-backends="([^"<>]*)">$`).FindStringSubmatch(tag)
		if found == nil || html.UnescapeString(found[1]) != test.want {
			t.Errorf("%q: the page begins with %s", test.backends, tag)
		}
	}
}

func TestFacts(t *testing.T) {
	tests := []struct {
		facts Facts
		want  string
	}{
		{Facts{}, `data-pass-stderr="false" data-binary="false" data-pty="false" data-max-message="0"`},
		{Facts{PassStderr: true}, `data-pass-stderr="true" data-binary="false" data-pty="false" data-max-message="0"`},
		{Facts{Binary: true, PTY: true, MaxMessage: 1 << 20}, `data-pass-stderr="false" data-binary="true" data-pty="true" data-max-message="1048576"`},
	}
	for _, test := range tests {
		page := readAll(t, getConsole(t, test.facts, "GET", "/").Body)
		if !strings.Contains(page, `<html lang="en" `+test.want+` data-backends="[]">`) {
			t.Errorf("the page has no %s", test.want)
		}
		if strings.Contains(page, "{{") {
			t.Error("the page has a placeholder left")
		}
	}
}

// directives parses a Content-Security-Policy.
func directives(policy string) map[string]string {
	parsed := map[string]string{}
	for directive := range strings.SplitSeq(policy, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), " ")
		parsed[name] = value
	}
	return parsed
}

func TestPolicy(t *testing.T) {
	res := getConsole(t, Facts{PassStderr: true}, "GET", "http://example.org:8080/")
	page := readAll(t, res.Body)
	want := map[string]string{
		"default-src":               "'none'",
		"script-src":                elementHash(t, page, "script"),
		"style-src":                 elementHash(t, page, "style"),
		"img-src":                   "data:",
		"connect-src":               "'self' ws://example.org:8080 wss://example.org:8080",
		"base-uri":                  "'none'",
		"form-action":               "'none'",
		"frame-ancestors":           "'none'",
		"require-trusted-types-for": "'script'",
		"trusted-types":             "'none'",
	}
	got := directives(res.Header.Get("Content-Security-Policy"))
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %q, want %q", name, got[name], value)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d directives, want %d: %v", len(got), len(want), got)
	}
}

// elementHash hashes the content of the one element called name, as a browser
// finds it in the bytes that were served.
func elementHash(t *testing.T, page, name string) string {
	t.Helper()
	found := regexp.MustCompile(`(?is)<`+name+`[^>]*>(.*?)</`+name).FindAllStringSubmatch(page, -1)
	if len(found) != 1 {
		t.Fatalf("%d %s elements, want 1", len(found), name)
	}
	sum := sha256.Sum256([]byte(found[0][1]))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// TestConsolePage looks for what the policy would stop, for what could let a
// message become markup, and for ids that don't fit.
func TestPage(t *testing.T) {
	page := readAll(t, getConsole(t, Facts{}, "GET", "/").Body)
	for name, pattern := range map[string]string{
		"an outside resource":            `(?i)(src|href)\s*=\s*["']?(https?:)?//|@import|:[^;"]*\burl\(`,
		"a style attribute":              `(?i)<[a-z][^>]*\sstyle\s*=`,
		"an event handler as attribute":  `(?i)<[a-z][^>]*\son[a-z]+\s*=\s*["']`,
		"markup made from text":          `innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|srcdoc|createContextualFragment`,
		"code made from text":            `\beval\(|\bFunction\(|javascript:`,
		"a carriage return":              "\r",
		"a template that was not filled": `\{\{[a-zA-Z]+\}\}`,
	} {
		if found := regexp.MustCompile(pattern).FindString(page); found != "" {
			t.Errorf("the page has %s: %q", name, found)
		}
	}
	seen := map[string]bool{}
	for _, id := range regexp.MustCompile(`\sid="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if seen[id[1]] {
			t.Errorf("two elements have the id %q", id[1])
		}
		seen[id[1]] = true
	}
	for _, id := range regexp.MustCompile(`byId\("([^"]+)"\)`).FindAllStringSubmatch(page, -1) {
		if !seen[id[1]] {
			t.Errorf("the script asks for the id %q, which no element has", id[1])
		}
	}
}

func TestConnectHosts(t *testing.T) {
	long := strings.Repeat("a.", 126) + "ab"
	valid := []string{"localhost", "localhost:8080", "127.0.0.1:80", "a-b.example.org:65535", "web_1:8080", long[:253]}
	for _, host := range valid {
		if got, want := connectHosts(host), " ws://"+host+" wss://"+host; got != want {
			t.Errorf("connectHosts(%q) = %q, want %q", host, got, want)
		}
	}
	for asked, host := range map[string]string{"EXAMPLE.org": "example.org", "a:": "a", "a:080": "a:80"} {
		if got, want := connectHosts(asked), " ws://"+host+" wss://"+host; got != want {
			t.Errorf("connectHosts(%q) = %q, want %q", asked, got, want)
		}
	}
	invalid := []string{
		"", ":80", "a:0", "-a", "a:65536", "a:-1", "a:+1", "a:*", "a:8o", "a:1:2",
		"*", "*.example.org", "a b", "a;script-src *", "a,b", "a'b", `a"b`, "a/b", "a\r\nX: y", "'unsafe-inline'",
		".a", "a.", "a..b", "[::1]", "[::1]:8080", "user@a", "a%20b", "bücher.example", long,
	}
	for _, host := range invalid {
		if got := connectHosts(host); got != "" {
			t.Errorf("connectHosts(%q) = %q, want none", host, got)
		}
	}
}

func FuzzConnectHosts(f *testing.F) {
	for _, host := range []string{"localhost:8080", "[::1]:80", "a;b", "a b", "x.example.org", "", "a:99999"} {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		got := connectHosts(host)
		if got == "" {
			return
		}
		if !regexp.MustCompile(`^ ws://[a-z0-9._-]+(:[0-9]+)? wss://[a-z0-9._-]+(:[0-9]+)?$`).MatchString(got) {
			t.Errorf("connectHosts(%q) = %q", host, got)
		}
	})
}
