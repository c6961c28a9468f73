package server

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

// askRedirect sends one request, as text, to a handler.
func askRedirect(t *testing.T, port int, tls bool, method, target, host string) *http.Response {
	t.Helper()
	text := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\n\r\n", method, target, host)
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	redirectHandler(port, tls).ServeHTTP(w, r)
	return w.Result()
}

func TestRedirectTarget(t *testing.T) {
	t.Parallel()
	tests := []struct {
		port         int
		tls          bool
		target, host string
		want         string
	}{
		{8443, true, "/", "example.com", "https://example.com:8443/"},
		{8443, true, "/a/b?c=d&e", "example.com", "https://example.com:8443/a/b?c=d&e"},
		{8443, true, "/", "example.com:80", "https://example.com:8443/"},
		{8443, true, "/", "example.com:", "https://example.com:8443/"},
		{443, true, "/x", "example.com", "https://example.com/x"},
		{80, false, "/x", "example.com:8080", "http://example.com/x"},
		{443, false, "/", "example.com", "http://example.com:443/"},
		{80, true, "/", "example.com", "https://example.com:80/"},
		{8080, false, "/x", "127.0.0.1:80", "http://127.0.0.1:8080/x"},
		{8443, true, "/x?y", "[::1]", "https://[::1]:8443/x?y"},
		{443, true, "/x", "[2001:DB8::1]:80", "https://[2001:db8::1]/x"},
		{8443, true, "/", "example.com.", "https://example.com.:8443/"},
		{8443, true, "/", "my_host-1", "https://my_host-1:8443/"},
		{8443, true, "/?", "h", "https://h:8443/?"},
		{8443, true, "/a%2Fb%20c/%C3%BC?q=%0d%0aX:y", "h", "https://h:8443/a%2Fb%20c/%C3%BC?q=%0d%0aX:y"},
		{8443, true, "//evil.example/x", "h", "https://h:8443//evil.example/x"},
		{8443, true, "/%0d%0aSet-Cookie:%20a=b", "h", "https://h:8443/%0d%0aSet-Cookie:%20a=b"},
		{8443, true, "/?a#b", "h", "https://h:8443/?a%23b"},
		{8443, true, "http://other.example/x", "h", "https://other.example:8443/x"}, // RFC 9112, section 3.2.2
	}
	for _, test := range tests {
		res := askRedirect(t, test.port, test.tls, "GET", test.target, test.host)
		if got := res.Header.Get("Location"); got != test.want || res.StatusCode != http.StatusTemporaryRedirect {
			t.Errorf("%s on %s to %d: %s to %q, want %q", test.target, test.host, test.port, res.Status, got, test.want)
		}
	}
}

func TestRedirectBadHost(t *testing.T) {
	t.Parallel()
	for _, host := range []string{
		"", ":80", ".", "a..b", ".a", "user@evil.example", "h:80@evil.example", "h:x", "h:-1", "h:+1", "h:65536", "h:1:2",
		"evil.example/x", `evil.example\x`, "h?x", "h#x", "h x", "h%2fx", "höst", "::1", "[::1", "[::1]x", "[::1]:x", "[]",
		"[1.2.3.4]", "[fe80::1%eth0]", "[v1.x]", "a\tb", strings.Repeat("a", 64), strings.Repeat("a.", 127) + "a",
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		redirectHandler(443, true).ServeHTTP(w, r)
		if w.Code != http.StatusBadRequest || w.Header().Get("Location") != "" {
			t.Errorf("%q: status %d to %q, want 400", host, w.Code, w.Header().Get("Location"))
		}
	}
}

// Each method but those that net/http answers itself arrives unchanged.
func TestRedirectMethods(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"} {
		res := askRedirect(t, 8443, true, method, "/x", "h")
		if res.StatusCode != http.StatusTemporaryRedirect || res.Header.Get("Location") != "https://h:8443/x" {
			t.Errorf("%s: %s to %q", method, res.Status, res.Header.Get("Location"))
		}
	}
	for _, target := range []string{"*", "a:b"} {
		if got := askRedirect(t, 8443, true, "OPTIONS", target, "h").Header.Get("Location"); !strings.HasPrefix(got, "https://h:8443/") {
			t.Errorf("%s: to %q", target, got)
		}
	}
}

// Whatever the Host, a redirect leads to that host and to the configured port.
func FuzzRedirectHost(f *testing.F) {
	for _, seed := range []string{
		"example.com", "example.com:80", "[::1]:8080", "[::ffff:1.2.3.4]", "::1", "user@evil.example", "h:80@evil.example",
		"h/x", `h\x`, "h\r\nX: y", "h%0d", "[fe80::1%25eth0]", "a..b", "xn--hst-sna.example.", "0x7f.1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		r := httptest.NewRequest("GET", "/a%2Fb?c", nil)
		r.Host = header
		w := httptest.NewRecorder()
		redirectHandler(8443, true).ServeHTTP(w, r)
		location := w.Header().Get("Location")
		if w.Code == http.StatusBadRequest && location == "" {
			return
		}
		u, err := url.Parse(location)
		if err != nil || u.Scheme != "https" || u.User != nil || u.Port() != "8443" || u.RequestURI() != "/a%2Fb?c" || u.Fragment != "" {
			t.Fatalf("%q leads to %q (%v)", header, location, err)
		}
		want := header
		if inner, _, bracketed := strings.Cut(strings.TrimPrefix(header, "["), "]"); bracketed {
			addr, err := netip.ParseAddr(inner)
			if err != nil {
				t.Fatalf("%q leads to %q, but is no address: %v", header, location, err)
			}
			want = addr.String()
		} else {
			want, _, _ = strings.Cut(strings.ToLower(header), ":")
		}
		if u.Hostname() != want || strings.ContainsAny(location, "\r\n \\@") {
			t.Fatalf("%q leads to %q, want the host %q", header, location, want)
		}
	})
}
