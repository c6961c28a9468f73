package host

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

// longest is a name of 253 bytes, the most that RFC 1035, section 2.3.4 allows.
var longest = strings.Repeat("a.", 126) + "a"

func TestSplit(t *testing.T) {
	for s, want := range map[string][2]string{
		"example.com":             {"example.com", ""},
		"Example.COM:8080":        {"example.com", "8080"},
		"example.com.":            {"example.com.", ""}, // another host than without the dot
		"example.com:":            {"example.com", ""},  // RFC 3986, section 3.2.3
		"example.com:0080":        {"example.com", "80"},
		"example.com:65535":       {"example.com", "65535"},
		"127.0.0.1:1":             {"127.0.0.1", "1"},
		"my_host-1":               {"my_host-1", ""},
		"xn--bcher-kva.example":   {"xn--bcher-kva.example", ""},
		"[::1]":                   {"[::1]", ""},
		"[::1]:":                  {"[::1]", ""},
		"[2001:DB8:0::1]:8443":    {"[2001:db8::1]", "8443"},
		"[::ffff:1.2.3.4]":        {"[::ffff:1.2.3.4]", ""},
		strings.Repeat("a", 63):   {strings.Repeat("a", 63), ""},
		longest + ":80":           {longest, "80"},
		longest + ".":             {longest + ".", ""},
		"a-.b":                    {"a-.b", ""},
		"--":                      {},
		"-a":                      {},
		"a.-b":                    {},
		"":                        {},
		":80":                     {},
		".":                       {},
		".a":                      {},
		"a..b":                    {},
		"a..":                     {},
		"a:0":                     {},
		"a:65536":                 {},
		"a:-1":                    {},
		"a:+1":                    {},
		"a:x":                     {},
		"a:1:2":                   {},
		"a: 1":                    {},
		"user@a":                  {},
		"a/b":                     {},
		`a\b`:                     {},
		"a?b":                     {},
		"a#b":                     {},
		"a b":                     {},
		"a\tb":                    {},
		"a\r\nb":                  {},
		"a\x00":                   {},
		"a%2fb":                   {},
		"*":                       {},
		"*.a":                     {},
		"a;b":                     {},
		"a,b":                     {},
		"$(id)":                   {},
		"höst":                    {},
		"::1":                     {},
		"[::1":                    {},
		"::1]":                    {},
		"[::1]x":                  {},
		"[::1]:x":                 {},
		"[]":                      {},
		"[1.2.3.4]":               {},
		"[fe80::1%eth0]":          {},
		"[fe80::1%25eth0]":        {},
		"[v1.x]":                  {},
		strings.Repeat("a", 64):   {},
		longest + "a":             {},
		longest + "a.":            {},
		strings.Repeat("ab.", 85): {},
	} {
		name, port, ok := Split(s)
		if name != want[0] || port != want[1] || ok != (want[0] != "") {
			t.Errorf("Split(%q) = %q, %q, %v; want %q", s, name, port, ok, want)
		}
	}
}

func TestNormal(t *testing.T) {
	for _, tt := range []struct{ s, port, want string }{
		{"A.example", "", "a.example"},
		{"A.example", "81", "a.example:81"},
		{"a.example:082", "81", "a.example:82"},
		{"[::1]", "81", "[::1]:81"},
		{"a b", "81", ""},
	} {
		if got := Normal(tt.s, tt.port); got != tt.want {
			t.Errorf("Normal(%q, %q) = %q, want %q", tt.s, tt.port, got, tt.want)
		}
	}
}

// FuzzSplit holds what Split accepts against net/url's reading of it.
func FuzzSplit(f *testing.F) {
	for _, seed := range []string{"example.com:80", "[::1]:8080", "[::ffff:1.2.3.4]", "::1", "user@a", "a:80@b", `a\b`, "a%0d", "A.example.:", "0x7f.1", longest} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name, port, ok := Split(s)
		if !ok {
			if name != "" || port != "" || Normal(s, "80") != "" {
				t.Errorf("%q is no host, and %q, %q", s, name, port)
			}
			return
		}
		if againName, againPort, again := Split(Normal(s, "")); !again || againName != name || againPort != port {
			t.Errorf("%q is %q, %q and then %q, %q", s, name, port, againName, againPort)
		}
		u, err := url.Parse("http://" + s + "/")
		if err != nil || u.User != nil || u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
			t.Fatalf("%q is a host, but as a URL %v, %v", s, u, err)
		}
		if strings.TrimLeft(u.Port(), "0") != port || strings.ContainsAny(name, " \t\r\n\x00;,'\"/@%") || name[0] == '-' {
			t.Errorf("%q is %q, %q", s, name, port)
		}
		if addr, err := netip.ParseAddr(u.Hostname()); err == nil && addr.Is6() {
			if name != "["+addr.String()+"]" {
				t.Errorf("%q is %q, want %s", s, name, addr)
			}
		} else if name != strings.ToLower(u.Hostname()) {
			t.Errorf("%q is %q, want %q", s, name, u.Hostname())
		}
	})
}
