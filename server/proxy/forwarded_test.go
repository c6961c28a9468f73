package proxy

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"

	"wsd/server/host"
)

// testProxies are the proxies of the tests: two hosts, two networks.
func testProxies(unix bool) Trusted {
	var prefixes []netip.Prefix
	for _, p := range []string{"127.0.0.1/32", "::1/128", "10.1.2.3/8", "2001:db8:1::/48"} {
		prefixes = append(prefixes, netip.MustParsePrefix(p))
	}
	return NewTrusted(prefixes, unix)
}

// headers makes a header of lines.
func headers(lines ...string) http.Header {
	h := http.Header{}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		h.Add(name, value)
	}
	return h
}

// peerAt is a client as its connection shows it; "unix" is one on a Unix socket.
func peerAt(addr string) Client {
	c := Client{Scheme: "http", Host: "backend.example:8080"}
	if addr == "unix" {
		c.unix = true
		return c
	}
	at := netip.MustParseAddrPort(addr)
	c.Addr, c.Port = at.Addr(), host.Port(strings.TrimPrefix(addr, addr[:strings.LastIndexByte(addr, ':')+1]))
	return c
}

func TestForwarded(t *testing.T) {
	lines := func(l ...string) []string { return l }
	const nearby = "127.0.0.1:4000"
	tests := []struct {
		name   string
		peer   string // nearby when empty
		header []string
		want   string // the client, as in the log; the peer when empty
		scheme string // that the browser used; "" when it is not known
		host   string // backend.example:8080 when empty
		noisy  bool   // something was ignored
	}{
		{name: "no header"},
		{name: "X", header: lines("X-Forwarded-For: 192.0.2.7"), want: "192.0.2.7"},
		{name: "X, port", header: lines("X-Forwarded-For: 192.0.2.7:5000"), want: "192.0.2.7:5000"},
		{name: "X, IPv6", header: lines("X-Forwarded-For: 2001:db8::7"), want: "2001:db8::7"},
		{name: "X, IPv6 in brackets", header: lines("X-Forwarded-For: [2001:db8::7]"), want: "2001:db8::7"},
		{name: "X, IPv6, port", header: lines("X-Forwarded-For: [2001:db8::7]:5000"), want: "[2001:db8::7]:5000"},
		{name: "X, IPv4 in IPv6", header: lines("X-Forwarded-For: ::ffff:192.0.2.7"), want: "192.0.2.7"},
		{name: "X, everything", header: lines("X-Forwarded-For: 192.0.2.7", "X-Forwarded-Proto: https", "X-Forwarded-Host: A.example", "X-Forwarded-Port: 8443"),
			want: "192.0.2.7", scheme: "https", host: "a.example:8443"},
		{name: "X, no address", header: lines("X-Forwarded-Proto: HTTPS"), scheme: "https"},
		{name: "X, scheme of a WebSocket", header: lines("X-Forwarded-Proto: wss"), scheme: "https"},
		{name: "X, port of a host without one", header: lines("X-Forwarded-Host: a.example", "X-Forwarded-Port: 81"), host: "a.example:81"},
		{name: "X, port of a host with one", header: lines("X-Forwarded-Host: a.example:82", "X-Forwarded-Port: 81"), host: "a.example:82"},
		{name: "X, host by the nearest", header: lines("X-Forwarded-Host: evil.example, a.example"), host: "a.example"},
		{name: "X, scheme by the nearest", header: lines("X-Forwarded-Proto: https, http"), scheme: "http"},
		{name: "X, empty", header: lines("X-Forwarded-For: , ")},

		{name: "X, untrusted peer", peer: "192.0.2.9:4000", header: lines("X-Forwarded-For: 127.0.0.1", "X-Forwarded-Proto: https", "X-Forwarded-Host: a.example")},
		{name: "standard, untrusted peer", peer: "192.0.2.9:4000", header: lines("Forwarded: for=127.0.0.1;proto=https;host=a.example")},
		{name: "untrusted Unix peer", peer: "unix", header: lines("X-Forwarded-For: 192.0.2.7")},
		{name: "spoof: the proxy appends", header: lines("X-Forwarded-For: 127.0.0.1, 192.0.2.7"), want: "192.0.2.7"},
		{name: "spoof: the proxy appends a line", header: lines("X-Forwarded-For: 10.0.0.1", "X-Forwarded-For: 192.0.2.7"), want: "192.0.2.7"},
		{name: "spoof: standard, the proxy appends", header: lines("Forwarded: for=127.0.0.1;proto=https, for=192.0.2.7;proto=http"), want: "192.0.2.7", scheme: "http"},
		{name: "spoof: standard, the proxy adds a line", header: lines("Forwarded: for=127.0.0.1", "Forwarded: for=192.0.2.7"), want: "192.0.2.7"},
		{name: "spoof: standard, a broken line before the proxy's", header: lines(`Forwarded: for="`, "Forwarded: for=192.0.2.7"), want: "192.0.2.7"},
		{name: "spoof: standard, an open quote before the proxy's", header: lines(`Forwarded: for=127.0.0.1;x=", for=192.0.2.7`), want: "unknown", noisy: true},
		{name: "spoof: standard, the proxy sets X", header: lines("Forwarded: for=127.0.0.1", "X-Forwarded-For: 192.0.2.7"), want: "unknown", noisy: true},
		{name: "spoof: X, the proxy sets standard", header: lines("X-Forwarded-For: 127.0.0.1", "Forwarded: for=192.0.2.7;proto=http"), want: "unknown", noisy: true},
		{name: "spoof: scheme and host in standard, the proxy sets X", header: lines("X-Forwarded-For: 192.0.2.7", "Forwarded: for=192.0.2.7;proto=https;host=a.example"), want: "192.0.2.7"},

		{name: "way over trusted proxies", header: lines("X-Forwarded-For: 127.0.0.1, 192.0.2.7, 10.0.0.1, 2001:db8:1::1"), want: "192.0.2.7"},
		{name: "all are trusted", header: lines("X-Forwarded-For: 10.0.0.2, 10.0.0.1"), want: "10.0.0.2"},
		{name: "standard, way over trusted proxies", header: lines(`Forwarded: for=192.0.2.7;proto=https;host=a.example, For="[2001:db8:1::1]:80";proto=http;host=inner`),
			want: "192.0.2.7", scheme: "https", host: "a.example"},
		{name: "standard, the proxy near the client says no scheme", header: lines("Forwarded: for=192.0.2.7, for=10.0.0.1;proto=http;host=inner"), want: "192.0.2.7"},
		{name: "garbage ends the way", header: lines("X-Forwarded-For: 192.0.2.7, nonsense, 10.0.0.1"), want: "unknown", noisy: true},
		{name: "garbage behind the client", header: lines("X-Forwarded-For: nonsense, 192.0.2.7"), want: "192.0.2.7"},

		{name: "standard", header: lines("Forwarded: for=192.0.2.7"), want: "192.0.2.7"},
		{name: "standard, everything", header: lines(`Forwarded: By=203.0.113.43; FOR="192.0.2.7:5000" ;Proto=HTTPS;host="A.example:8443";x=y`),
			want: "192.0.2.7:5000", scheme: "https", host: "a.example:8443"},
		{name: "standard, IPv6", header: lines(`Forwarded: for="[2001:db8::7]"`), want: "2001:db8::7"},
		{name: "standard, IPv6 and port", header: lines(`Forwarded: for="[2001:db8::7]:5000"`), want: "[2001:db8::7]:5000"},
		{name: "standard, escapes", header: lines(`Forwarded: for="\1\92.0.2.7"`), want: "192.0.2.7"},
		{name: "standard, comma and semicolon in quotes", header: lines(`Forwarded: x="a,b;c\"d";for=192.0.2.7`), want: "192.0.2.7"},
		{name: "standard, hidden port", header: lines(`Forwarded: for="192.0.2.7:_gazonk"`), want: "192.0.2.7"},
		{name: "standard, hidden", header: lines("Forwarded: for=_hidden"), want: "unknown", noisy: true},
		{name: "standard, unknown", header: lines("Forwarded: for=unknown;proto=https"), want: "unknown", scheme: "https", noisy: true},
		{name: "standard, hidden behind a trusted proxy", header: lines("Forwarded: for=192.0.2.8, for=_x, for=10.0.0.1"), want: "unknown", noisy: true},
		{name: "standard, no address", header: lines("Forwarded: proto=https;host=a.example"), scheme: "https", host: "a.example"},
		{name: "standard, no address behind a trusted proxy", header: lines("Forwarded: for=192.0.2.8, proto=https, for=10.0.0.1"), want: "unknown", scheme: "https"},
		{name: "standard, nothing", header: lines("Forwarded: ")},
		{name: "standard, empty elements", header: lines("Forwarded: , for=192.0.2.7;, ;,"), want: "192.0.2.7"},
		{name: "standard, odd scheme of a trusted proxy", header: lines("Forwarded: for=192.0.2.7;proto=https, for=10.0.0.1;proto=gopher"), want: "192.0.2.7", scheme: "https", noisy: true},

		{name: "both agree", header: lines("Forwarded: for=192.0.2.7;proto=https;host=a.example", "X-Forwarded-For: 192.0.2.7", "X-Forwarded-Proto: https", "X-Forwarded-Host: A.example"),
			want: "192.0.2.7", scheme: "https", host: "a.example"},
		{name: "both, one knows the port", header: lines(`Forwarded: for="192.0.2.7:9"`, "X-Forwarded-For: 192.0.2.7"), want: "192.0.2.7"},
		{name: "both, only one names a client", header: lines("Forwarded: proto=https", "X-Forwarded-For: 192.0.2.7", "X-Forwarded-Proto: https"), want: "unknown", scheme: "https"},
		{name: "both, one is broken", header: lines("Forwarded: =", "X-Forwarded-For: 192.0.2.7"), want: "unknown", noisy: true},

		{name: "trusted Unix peer", peer: "trusted unix", header: lines("X-Forwarded-For: 192.0.2.7", "X-Forwarded-Proto: https"), want: "192.0.2.7", scheme: "https"},
		{name: "trusted Unix peer, no header", peer: "trusted unix", want: "unix"},
		{name: "trusted peer in a network", peer: "10.255.0.1:1", header: lines("X-Forwarded-For: 192.0.2.7"), want: "192.0.2.7"},
		{name: "trusted peer, IPv4 in IPv6", peer: "[::ffff:127.0.0.1]:1", header: lines("X-Forwarded-For: 192.0.2.7"), want: "192.0.2.7"},

		{name: "bad scheme", header: lines("X-Forwarded-Proto: javascript"), noisy: true},
		{name: "bad host", header: lines("X-Forwarded-Host: $(id)"), noisy: true},
		{name: "bad host with a port", header: lines("X-Forwarded-Host: a.example:80;id", "X-Forwarded-Port: 81"), noisy: true},
		{name: "bad port", header: lines("X-Forwarded-Host: a.example", "X-Forwarded-Port: 0"), host: "a.example", noisy: true},
		{name: "port and no host", header: lines("X-Forwarded-Port: 81")},
		{name: "standard, bad scheme and host", header: lines("Forwarded: for=192.0.2.7;proto=x;host=-rf"), want: "192.0.2.7", noisy: true},
	}
	for _, bad := range []string{"nonsense", "192.0.2.256", "192.0.2.7:", "192.0.2.7:x", "192.0.2.7:0", "192.0.2.7:65536", "[192.0.2.7]", "[::1", "::1]", "[::1]x", "[::1]:",
		"fe80::1%eth0", "unix:", "unknown", "_x", ":", "[]", "192.0.2.7 192.0.2.8", "http://192.0.2.7", "\x00"} {
		tests = append(tests, tests[0])
		last := &tests[len(tests)-1]
		last.name, last.header, last.want, last.noisy = "X: "+bad, lines("X-Forwarded-For: "+bad), "unknown", true
	}
	for _, bad := range []string{"for", "for=", `for=""`, "for=192.0.2.7:80", "for=[::1]", "=x", "for=1;for=2", "for=192.0.2.7 proto=http", "for =192.0.2.7", "for= 192.0.2.7",
		`for="192.0.2.7`, `for="192.0.2.7\`, `for="192.0.2.7"x`, "192.0.2.7", "for=192.0.2.7;proto", "\x00"} {
		tests = append(tests, tests[0])
		last := &tests[len(tests)-1]
		last.name, last.header, last.want, last.noisy = "standard: "+bad, lines("Forwarded: "+bad), "unknown", true
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.peer == "" {
				tt.peer = nearby
			}
			at, trustUnix := strings.CutPrefix(tt.peer, "trusted ")
			direct := peerAt(at)
			got, err := Forwarded(direct, headers(tt.header...), testProxies(trustUnix))
			if tt.want == "" {
				tt.want = direct.String()
			}
			if tt.host == "" {
				tt.host = direct.Host
			}
			if got.String() != tt.want || got.BrowserScheme() != tt.scheme || got.Host != tt.host {
				t.Errorf("got client %s, scheme %q, host %q; want %s, %q, %q", got, got.BrowserScheme(), got.Host, tt.want, tt.scheme, tt.host)
			}
			if (err != nil) != tt.noisy {
				t.Errorf("err = %v, want one: %v", err, tt.noisy)
			}
			if named := tt.want != direct.String(); named != (got.proxy == direct.String()) || !named && got.proxy != "" {
				t.Errorf("the log says peer=%q", got.proxy)
			}
		})
	}
}

func TestTrusted(t *testing.T) {
	trust := NewTrusted([]netip.Prefix{netip.MustParsePrefix("::ffff:192.0.2.0/120"), netip.MustParsePrefix("fe80::/10")}, false)
	for addr, want := range map[string]bool{
		"192.0.2.77": true, "::ffff:192.0.2.1": true, "192.0.3.1": false, "fe80::1%eth0": true, "::1": false,
	} {
		if got := trust.addr(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s is trusted: %v, want %v", addr, got, want)
		}
	}
	if (Trusted{}).Has(Client{unix: true}) || (Trusted{}).addr(netip.Addr{}) || trust.addr(netip.Addr{}) {
		t.Error("a peer without an address is trusted")
	}
	if !NewTrusted([]netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}, false).addr(netip.MustParseAddr("192.0.2.1")) {
		t.Error("0.0.0.0/0 is not everybody")
	}
}

// FuzzForwarded checks that nobody but a trusted peer changes anything, that what
// comes out is fit for an environment, and that what a client has put in front of
// a proxy's own entry is never seen.
func FuzzForwarded(f *testing.F) {
	f.Add("192.0.2.7", "https", "a.example:8443", "443", `for="[2001:db8::1]:9";proto=https;host=a.example`, "127.0.0.1:1")
	f.Add("127.0.0.1, 10.0.0.1,,", "wss", "$(id)", "x", `for=_a;by="\"", for=unknown,`, "192.0.2.9:1")
	f.Add("[::1]:80, \x00", "", "", "", `for="`, "10.0.0.1:1")
	f.Add("", "http", "[::1]", "0", "", "127.0.0.1:1")
	f.Add("192.0.2.7", "", "", "", `for=10.0.0.1;x="`, "127.0.0.1:1")
	f.Fuzz(func(t *testing.T, xff, proto, hostPort, port, standard, peer string) {
		at, err := netip.ParseAddrPort(peer)
		if err != nil || at.Addr().Zone() != "" {
			return
		}
		direct := peerAt(at.String())
		trust := testProxies(false)
		h := http.Header{"X-Forwarded-For": {xff}, "X-Forwarded-Proto": {proto}, "X-Forwarded-Host": {hostPort}, "X-Forwarded-Port": {port}, "Forwarded": {standard}}
		got, _ := Forwarded(direct, h, trust)
		if !trust.addr(at.Addr()) {
			if got != direct {
				t.Errorf("an untrusted peer made %+v of %+v", got, direct)
			}
			return
		}
		if got.Scheme != "http" && got.Scheme != "https" {
			t.Errorf("scheme %q", got.Scheme)
		}
		if _, _, ok := host.Split(got.Host); !ok {
			t.Errorf("host %q", got.Host)
		}
		if got.Port != "" && host.Port(got.Port) != got.Port && got.Port != direct.Port {
			t.Errorf("port %q", got.Port)
		}
		if u, err := url.Parse(got.Scheme + "://" + got.Host); err != nil || u.Path != "" || u.User != nil {
			t.Errorf("%s://%s: %v", got.Scheme, got.Host, err)
		}

		const own = "2001:db8::200"
		for _, entry := range []struct{ name, before, value string }{
			{"X-Forwarded-For", xff, own},
			{"Forwarded", standard, `for="[` + own + `]:80";host="a.example:80"`},
		} {
			added, _ := Forwarded(peerAt("127.0.0.1:1"), http.Header{entry.name: {entry.before, entry.value}}, trust)
			if added.Addr.String() != own {
				t.Errorf("%s: %q before a proxy's own line makes %s", entry.name, entry.before, added)
			}
			appended, _ := Forwarded(peerAt("127.0.0.1:1"), http.Header{entry.name: {entry.before + ", " + entry.value}}, trust)
			if appended.Addr.IsValid() && appended.Addr.String() != own {
				t.Errorf("%s: %q before a proxy's own element makes %s", entry.name, entry.before, appended)
			}
		}
		if elements, err := parseForwarded(standard); err == nil && slices.ContainsFunc(elements, func(e forwardedElement) bool { return len(e.node)+len(e.proto)+len(e.host) > len(standard) }) {
			t.Errorf("%q has become longer: %q", standard, elements)
		}
	})
}
