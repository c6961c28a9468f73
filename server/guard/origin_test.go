package guard

import (
	"cmp"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"wsd/server/hint"
)

func TestCheckOrigin(t *testing.T) {
	list := func(entries ...string) []webOrigin {
		parsed, err := parseOrigins(entries)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	tests := []struct {
		name    string
		origin  string
		scheme  string // "" where it is not known
		host    string
		allowed []webOrigin
		same    bool
		ok      bool
	}{
		{name: "no restriction", origin: "https://evil.example", host: "a.example", ok: true},
		{name: "no restriction, null", origin: "null", host: "a.example", ok: true},
		{name: "no restriction, garbage", origin: "\x00", host: "a.example", ok: true},
		{name: "no browser, list", host: "a.example", allowed: list("b.example"), ok: true},
		{name: "no browser, same", host: "a.example", same: true, ok: true},

		{name: "no scheme allows http", origin: "http://a.example", allowed: list("a.example"), ok: true},
		{name: "no scheme allows https", origin: "https://a.example", allowed: list("a.example"), ok: true},
		{name: "no scheme allows any", origin: "capacitor://localhost", allowed: list("localhost"), ok: true},
		{name: "no scheme and a port", origin: "capacitor://localhost", allowed: list("localhost:80")},
		{name: "scheme of an extension", origin: "chrome-extension://abcdefghijklmnop", allowed: list("chrome-extension://abcdefghijklmnop"), ok: true},
		{name: "other extension", origin: "chrome-extension://ponmlkjihgfedcba", allowed: list("chrome-extension://abcdefghijklmnop")},
		{name: "no port allows any", origin: "https://a.example:8443", allowed: list("https://a.example"), ok: true},
		{name: "scheme", origin: "http://a.example", allowed: list("https://a.example")},
		{name: "another scheme", origin: "app://local", allowed: list("app://local"), ok: true},
		{name: "second entry", origin: "http://b.example", allowed: list("a.example", "b.example"), ok: true},
		{name: "port", origin: "http://b.example:81", allowed: list("b.example:81"), ok: true},
		{name: "port of https", origin: "https://b.example:81", allowed: list("b.example:81"), ok: true},
		{name: "wrong port", origin: "http://b.example:82", allowed: list("b.example:81")},
		{name: "default port of the origin", origin: "https://a.example", allowed: list("https://a.example:443"), ok: true},
		{name: "default port of the other scheme", origin: "http://a.example", allowed: list("a.example:443")},
		{name: "explicit default port", origin: "http://a.example:80", allowed: list("a.example:80"), ok: true},
		{name: "leading zero", origin: "http://a.example", allowed: list("a.example:0080"), ok: true},
		{name: "case of the host", origin: "https://A.Example", allowed: list("a.eXample"), ok: true},
		{name: "case of the scheme", origin: "https://a.example", allowed: list("HTTPS://a.example"), ok: true},
		{name: "spaces around", origin: "https://a.example", allowed: list(" a.example "), ok: true},
		{name: "trailing dot is another host", origin: "https://a.example.", allowed: list("a.example")},
		{name: "trailing dot listed", origin: "https://a.example.", allowed: list("a.example."), ok: true},
		{name: "suffix", origin: "https://evil-a.example", allowed: list("a.example")},
		{name: "prefix", origin: "https://a.example.evil.example", allowed: list("a.example")},
		{name: "IPv4", origin: "http://127.0.0.1:3000", allowed: list("127.0.0.1"), ok: true},
		{name: "IPv6", origin: "http://[::1]:3000", allowed: list("[::1]:3000"), ok: true},
		{name: "IPv6, long form", origin: "http://[::1]", allowed: list("[0:0:0:0:0:0:0:1]"), ok: true},
		{name: "IPv6, other address", origin: "http://[::2]", allowed: list("[::1]")},
		{name: "null", origin: "null", allowed: list("a.example")},
		{name: "null listed", origin: "null", allowed: list("a.example", "null"), ok: true},
		{name: "null lists no host", origin: "http://null", allowed: list("null")},

		{name: "same", origin: "http://a.example:8080", host: "a.example:8080", same: true, ok: true},
		{name: "same, other port", origin: "http://a.example:8080", host: "a.example:8081", same: true},
		{name: "same, other host", origin: "http://b.example", host: "a.example", same: true},
		{name: "same behind TLS", origin: "https://a.example", host: "a.example", same: true, ok: true},
		{name: "same behind TLS, explicit port", origin: "https://a.example", host: "a.example:443", same: true, ok: true},
		{name: "same behind TLS, other port", origin: "https://a.example:8443", host: "a.example:8443", same: true, ok: true},
		{name: "proxy that drops the port", origin: "https://a.example:8443", host: "a.example", same: true},
		{name: "same, port of the other scheme", origin: "https://a.example", host: "a.example:80", same: true},
		{name: "same, case", origin: "https://A.example", host: "a.EXAMPLE", same: true, ok: true},
		{name: "same, empty port", origin: "http://a.example", host: "a.example:", same: true, ok: true},
		{name: "same, trailing dots", origin: "http://a.example.", host: "a.example.", same: true, ok: true},
		{name: "same, one trailing dot", origin: "http://a.example", host: "a.example.", same: true},
		{name: "same, IPv6", origin: "http://[::1]:9", host: "[::1]:9", same: true, ok: true},
		{name: "same, null", origin: "null", host: "a.example", same: true},
		{name: "same, null and no host", origin: "null", host: "", same: true},
		{name: "same, null listed", origin: "null", host: "a.example", same: true, allowed: list("null")},
		{name: "same, scheme without a port", origin: "app://localhost", host: "localhost", same: true},
		{name: "same, no Host", origin: "http://a.example", host: "", same: true},
		{name: "same, bad Host", origin: "http://a.example", host: "a.example:port", same: true},

		{name: "both pass", origin: "https://a.example", host: "a.example", same: true, allowed: list("a.example"), ok: true},
		{name: "only same passes", origin: "https://a.example", host: "a.example", same: true, allowed: list("b.example")},
		{name: "only the list passes", origin: "https://a.example", host: "b.example", same: true, allowed: list("a.example")},

		{name: "known scheme", origin: "https://a.example", scheme: "https", host: "a.example", same: true, ok: true},
		{name: "known scheme, explicit port", origin: "https://a.example:8443", scheme: "https", host: "a.example:8443", same: true, ok: true},
		{name: "known scheme, default port", origin: "https://a.example", scheme: "https", host: "a.example:443", same: true, ok: true},
		{name: "known scheme, other", origin: "http://a.example", scheme: "https", host: "a.example", same: true},
		{name: "known scheme, other, same port", origin: "http://a.example:8443", scheme: "https", host: "a.example:8443", same: true},
		{name: "known scheme is no matter to a list", origin: "http://a.example", scheme: "https", host: "a.example", allowed: list("a.example"), ok: true},
		{name: "path", origin: "https://a.example/", allowed: list("a.example")},
		{name: "user", origin: "https://a.example@evil.example", allowed: list("a.example", "evil.example")},
		{name: "fragment", origin: "https://evil.example#.a.example", allowed: list("a.example", "evil.example")},
		{name: "backslash", origin: `https://a.example\.evil.example`, allowed: list("a.example")},
		{name: "two origins", origin: "https://a.example, https://b.example", allowed: list("a.example", "b.example")},
		{name: "no scheme in the origin", origin: "a.example", allowed: list("a.example")},
		{name: "empty port", origin: "https://a.example:", allowed: list("a.example")},
		{name: "port 0", origin: "https://a.example:0", allowed: list("a.example")},
		{name: "large port", origin: "https://a.example:65536", allowed: list("a.example")},
		{name: "file", origin: "file://", allowed: list("a.example")},
		{name: "file listed", origin: "file://", allowed: list("a.example", "file://"), ok: true},
		{name: "file is not null", origin: "null", allowed: list("file://")},
		{name: "null is not file", origin: "file://", allowed: list("null")},
		{name: "file has no host", origin: "file://localhost", allowed: list("file://")},
		{name: "http without a host", origin: "http://", allowed: list("file://", "null", "a.example")},
		{name: "same, file", origin: "file://", host: "a.example", same: true},
		{name: "same, file listed", origin: "file://", host: "a.example", same: true, allowed: list("file://")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := checkOrigin(tt.origin, tt.scheme, tt.host, tt.allowed, tt.same)
			if (err == nil) != tt.ok {
				t.Errorf("checkOrigin(%q, %q, %q, %v, %v) = %v, want ok %v", tt.origin, tt.scheme, tt.host, tt.allowed, tt.same, err, tt.ok)
			}
		})
	}
}

func TestParseOrigins(t *testing.T) {
	good := []string{"a.example", "a.example:8080", "https://a.example", "HTTP://A.Example:1", "[::1]", "https://[::1]:65535",
		"localhost", "127.0.0.1:80", "null", "my_host", "app://x", "xn--bcher-kva.example", "a.example.", " a.example ",
		"file://", "FILE://", "capacitor://localhost"}
	if _, err := parseOrigins(good); err != nil {
		t.Errorf("parseOrigins(%q) = %v", good, err)
	}
	bad := []struct{ entry, hint string }{
		{"", "looks like"},
		{"*", "wildcards"},
		{"https://*.a.example", "wildcards"},
		{"https://a.example/", "path"},
		{"a.example/chat", "path"},
		{"bücher.example", "xn--"},
		{"::1", "[::1]"},
		{"[::1", "[::1]"},
		{"[::1%eth0]", "looks like"},
		{"a.example:", "looks like"},
		{"a.example:0", "looks like"},
		{"a.example:65536", "looks like"},
		{"a.example:http", "looks like"},
		{"a..example", "looks like"},
		{"a b", "looks like"},
		{"://a.example", "looks like"},
		{"1x://a.example", "looks like"},
		{"https://", "looks like"},
		{"http://", "looks like"},
		{"file:///home", "path"},
		{"user@a.example", "looks like"},
		{strings.Repeat("a", 255), "looks like"},
	}
	for _, tt := range bad {
		_, err := parseOrigins([]string{"good.example", tt.entry})
		if hint.Of(err) == "" {
			t.Errorf("parseOrigins(%q) = %v, want an error with a hint", tt.entry, err)
			continue
		}
		if !strings.Contains(err.Error(), `"`+tt.entry+`"`) || !strings.Contains(hint.Of(err), tt.hint) {
			t.Errorf("parseOrigins(%q) = %q with hint %q, want the entry's name and a hint on %q", tt.entry, err, hint.Of(err), tt.hint)
		}
	}
}

// FuzzCheckOrigin holds what checkOrigin lets through against net/url's reading
// of the same strings.
func FuzzCheckOrigin(f *testing.F) {
	f.Add("https://a.example", "a.example", "a.example")
	f.Add("https://a.example:8443", "a.example:8443", "https://a.example:8443")
	f.Add("http://[::1]:80", "[::1]", "[::1]")
	f.Add("null", "a.example", "null")
	f.Add("https://a.example@evil.example", "evil.example", "a.example")
	f.Add(`https://a.example\.evil.example`, `a.example`, "")
	f.Add("file://", "", "://")
	f.Add("file://", "a.example", "FILE://")
	f.Fuzz(func(t *testing.T, origin, host, entry string) {
		if err := checkOrigin(origin, "", host, nil, false); err != nil {
			t.Errorf("refused without a restriction: %v", err)
		}
		if origin == "" {
			return
		}
		list, err := parseOrigins([]string{entry})
		if err == nil && checkOrigin(origin, "", host, list, false) == nil {
			if origin == "null" || strings.HasSuffix(origin, "://") {
				if !strings.EqualFold(strings.TrimSpace(entry), origin) {
					t.Errorf("entry %q allows %s", entry, origin)
				}
			} else if name := bareHost(t, origin); !containsFold(entry, name) && !strings.Contains(entry, "[") {
				t.Errorf("entry %q allows %q at %q", entry, origin, name)
			}
		}
		if checkOrigin(origin, "https", host, nil, true) == nil && checkOrigin(origin, "", host, nil, true) != nil {
			t.Errorf("%q is the same origin as host %q only where the scheme is known", origin, host)
		}
		if m := plainOrigin.FindStringSubmatch(origin); m != nil {
			// What a browser sends for its own page is the same origin, and at no
			// other port.
			own := m[2] + cmp.Or(m[3], map[string]string{"http": ":80", "https": ":443"}[m[1]])
			for _, at := range []string{m[2] + m[3], own, strings.ToUpper(own)} {
				if err := checkOrigin(origin, m[1], at, []webOrigin{{host: m[2]}}, true); err != nil {
					t.Errorf("%q is not the same origin as host %q: %v", origin, at, err)
				}
			}
			if checkOrigin(origin, "", m[2]+":9999", nil, true) == nil {
				t.Errorf("%q is the same origin as port 9999", origin)
			}
		}
		if checkOrigin(origin, "", host, nil, true) == nil {
			if a, b := originPort(t, origin, origin), originPort(t, "x://"+host, origin); a != b {
				t.Errorf("%q at port %s is the same origin as host %q at port %s", origin, a, host, b)
			}
			from, own := bareHost(t, origin), bareHost(t, "http://"+host)
			if !strings.EqualFold(from, own) && !strings.Contains(from, ":") {
				t.Errorf("%q is the same origin as host %q", origin, host)
			}
			if checkOrigin(origin, "", host, list, true) == nil && checkOrigin(origin, "", host, list, false) != nil {
				t.Errorf("%q passes both checks but not the list %q", origin, entry)
			}
		}
	})
}

// plainOrigin is what most browsers send. Port 9999 is left to its test.
var plainOrigin = regexp.MustCompile(`^(https?)://([a-z0-9]{1,60}(?:\.[a-z0-9]{1,60})?)(:[1-8][0-9]{0,3})?$`)

// originPort is the port of a URL, or else that of origin's scheme, as net/url reads
// them.
func originPort(t *testing.T, s, origin string) string {
	t.Helper()
	u, err := url.Parse(s)
	o, errOrigin := url.Parse(origin)
	if err != nil || errOrigin != nil {
		t.Fatalf("%q passes at %q: %v, %v", origin, s, err, errOrigin)
	}
	port := cmp.Or(u.Port(), map[string]string{"http": "80", "ws": "80", "https": "443", "wss": "443"}[o.Scheme])
	return cmp.Or(strings.TrimLeft(port, "0"), "0")
}

// bareHost is the host of a URL that must have nothing but scheme, host and port.
func bareHost(t *testing.T, s string) string {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatalf("%q passes but is no URL: %v", s, err)
	}
	if u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" || u.Hostname() == "" {
		t.Fatalf("%q passes but is no bare origin", s)
	}
	return u.Hostname()
}

func containsFold(s, part string) bool {
	return strings.Contains(strings.ToLower(s), strings.ToLower(part))
}
