package server

import (
	"crypto/tls"
	"encoding/hex"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/pires/go-proxyproto"
	"github.com/pires/go-proxyproto/tlvparse"

	"wsd/server/certs"
	"wsd/server/servertest"
)

// proxied is a configuration whose clients on this machine send PROXY headers.
func proxied(steps ...string) Config {
	return Config{
		Command: servertest.Play(steps...), Addresses: []string{"127.0.0.1:0"},
		TrustProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, TrustUnixPeers: true, ProxyProtocol: true,
	}
}

// proxyV2 is a header of version 2; tls says that the client came by TLS.
func proxyV2(t testing.TB, source, target net.Addr, byTLS bool) string {
	t.Helper()
	h := proxyproto.HeaderProxyFromAddrs(2, source, target)
	if byTLS {
		version := proxyproto.TLV{Type: proxyproto.PP2_SUBTYPE_SSL_VERSION, Value: []byte("TLSv1.3")}
		ssl, err := tlvparse.PP2SSL{Client: tlvparse.PP2_BITFIELD_CLIENT_SSL, TLV: []proxyproto.TLV{version}}.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		// Longer than what package proxy reads ahead.
		if err := h.SetTLVs([]proxyproto.TLV{{Type: proxyproto.PP2_TYPE_NOOP, Value: make([]byte, 512)}, ssl}); err != nil {
			t.Fatal(err)
		}
	}
	b, err := h.Format()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func tcpAddr(s string) net.Addr { return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(s)) }

// variables are the environment that a client's backend prints.
func variables(t testing.TB, c *servertest.Client) map[string]string {
	t.Helper()
	lines, err := c.ReadAll()
	if _, closed := err.(servertest.CloseError); !closed {
		t.Fatalf("reading the environment: %v", err)
	}
	return environment(strings.Join(lines, "\n"))
}

// environment is what the step "env" has printed.
func environment(text string) map[string]string {
	env := map[string]string{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		env[name] = value
	}
	return env
}

func wantVariables(t testing.TB, env, want map[string]string) {
	t.Helper()
	for name, value := range want {
		if got, ok := env[name]; got != value || !ok {
			t.Errorf("%s=%s (set: %v), want %s", name, got, ok, value)
		}
	}
}

// byHand is a header of version 2 as the specification's section 2.2 has it: TCP
// over IPv4, from 192.0.2.7:5000 to 198.51.100.1:443.
const byHand = "0d0a0d0a000d0a515549540a" + "21" + "11" + "000c" + "c0000207" + "c6336401" + "1388" + "01bb"

func TestProxyProtocol(t *testing.T) {
	t.Parallel()
	handmade, err := hex.DecodeString(byHand)
	if err != nil {
		t.Fatal(err)
	}
	unknown := map[string]string{"REMOTE_ADDR": "", "REMOTE_PORT": "", "REMOTE_HOST": ""}
	tests := []struct {
		name, header string
		want         map[string]string // of TCP
		remote       string            // in the log; "" for the connection's own
	}{
		{"version 1", "PROXY TCP4 192.0.2.7 198.51.100.1 5000 443\r\n", map[string]string{"REMOTE_ADDR": "192.0.2.7", "REMOTE_PORT": "5000", "REMOTE_HOST": "192.0.2.7"}, "192.0.2.7:5000"},
		{"version 1, IPv6", "PROXY TCP6 2001:db8::7 2001:db8::1 5000 443\r\n", map[string]string{"REMOTE_ADDR": "2001:db8::7", "REMOTE_PORT": "5000"}, "[2001:db8::7]:5000"},
		{"version 1, unknown", "PROXY UNKNOWN\r\n", unknown, "unknown"},
		{"version 1, unknown, with more", "PROXY UNKNOWN ffff::1 127.0.0.1 1 2\r\n", unknown, "unknown"},
		{"version 2", string(handmade), map[string]string{"REMOTE_ADDR": "192.0.2.7", "REMOTE_PORT": "5000"}, "192.0.2.7:5000"},
		{"version 2, IPv6, TLS", proxyV2(t, tcpAddr("[2001:db8::7]:5000"), tcpAddr("[2001:db8::1]:443"), true),
			map[string]string{"REMOTE_ADDR": "2001:db8::7", "HTTPS": "on", "SERVER_PORT": "443"}, "[2001:db8::7]:5000"},
		{"version 2, a Unix socket", proxyV2(t, &net.UnixAddr{Name: "127.0.0.1:80", Net: "unix"}, &net.UnixAddr{Name: "/run/s", Net: "unix"}, false),
			unknown, "unknown"},
		{"version 2, the proxy itself", proxyV2(t, nil, nil, false), nil, ""},
	}
	cfg := proxied("env")
	cfg.UnixSocket = socketPath(t)
	plain := run(t, cfg)
	cfg.UnixSocket, cfg.TLS = "", &certs.Config{}
	secure := run(t, cfg)
	dial := map[string]func(header string) net.Conn{
		"tcp": func(header string) net.Conn { return begin(t, servertest.Connect(t, plain.addr), header) },
		"tls": func(header string) net.Conn {
			return tls.Client(begin(t, servertest.Connect(t, secure.addr), header), servertest.TrustAny())
		},
		"unix": func(header string) net.Conn {
			nc := servertest.Connect(t, plain.cfg.UnixSocket)
			return begin(t, nc, header)
		},
	}
	for network, open := range dial {
		for _, tt := range tests {
			t.Run(network+", "+tt.name, func(t *testing.T) {
				nc := open(tt.header)
				c := servertest.NewClient(t, nc).Upgrade("/")
				wantVariables(t, variables(t, c), tt.want)
				log, want, peer := plain.log, tt.remote, "unix"
				if network == "tls" {
					log = secure.log
				}
				if network != "unix" {
					peer = nc.LocalAddr().String()
				}
				if want == "" {
					want, peer = peer, ""
				}
				for _, r := range log.All("CONNECT") {
					if r["remote"] == want && r["peer"] == peer {
						return
					}
				}
				t.Errorf("no record of remote=%s peer=%s in %v", want, peer, log.All("CONNECT"))
			})
		}
	}
}

// begin sends a PROXY header.
func begin(t testing.TB, nc net.Conn, header string) net.Conn {
	t.Helper()
	if _, err := io.WriteString(nc, header); err != nil {
		t.Fatal(err)
	}
	return nc
}

// An eager client's first messages come with its handshake, and both with the
// header.
func TestProxyProtocolEagerClient(t *testing.T) {
	t.Parallel()
	r := run(t, proxied("echo"))
	long := strings.Repeat("x", 3000)
	c := r.dial(t)
	c.Write(slices.Concat([]byte("PROXY TCP4 192.0.2.7 198.51.100.1 5000 443\r\n"), servertest.Request("/", "Host: a.example"), textFrame("one"), textFrame(long)))
	if resp, err := http.ReadResponse(c.In, nil); err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%v, %v", resp, err)
	}
	c.Want("one")
	c.Want(long)
	c.Leave()
}

func TestProxyProtocolRefusals(t *testing.T) {
	t.Parallel()
	r := run(t, proxied("env"))
	handmade, _ := hex.DecodeString(byHand)
	for name, begins := range map[string]string{
		"no header":           "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"bad address":         "PROXY TCP4 192.0.2.256 198.51.100.1 5000 443\r\n",
		"bad port":            "PROXY TCP4 192.0.2.7 198.51.100.1 65536 443\r\n",
		"bad protocol":        "PROXY SCTP 192.0.2.7 198.51.100.1 5000 443\r\n",
		"no end of line":      "PROXY TCP4 " + strings.Repeat("1", 200),
		"bad version":         strings.Replace(string(handmade), "\x21\x11", "\x31\x11", 1),
		"too short for IPv4":  strings.Replace(string(handmade), "\x00\x0c", "\x00\x0b", 1),
		"bad family":          strings.Replace(string(handmade), "\x21\x11", "\x21\x41", 1),
		"64 KiB of TLVs":      strings.Replace(string(handmade), "\x00\x0c", "\xff\xff", 1),
		"signature only":      "PROXY\r\n",
		"beginning only":      "PRO",
		"half of a version 2": string(handmade[:20]),
	} {
		nc := servertest.Connect(t, r.addr)
		c := servertest.NewClient(t, begin(t, nc, begins))
		c.CloseWrite()
		if answer, _ := io.ReadAll(nc); len(answer) > 0 { // the error may be a reset
			t.Errorf("%s: answered %q", name, answer)
		}
	}
	// A port that somebody just looks at is nobody's fault.
	r.dial(t).CloseWrite()
	c := servertest.NewClient(t, begin(t, servertest.Connect(t, r.addr), "PROXY TCP4 192.0.2.7 198.51.100.1 5000 443\r\n")).Upgrade("/")
	wantVariables(t, variables(t, c), map[string]string{"REMOTE_ADDR": "192.0.2.7"})
	if records := r.log.All("dropped…"); len(records) != 1 || records[0]["level"] != slog.LevelWarn.String() {
		t.Errorf("the log should warn once: %v", records)
	}
}

// A peer that is not trusted can send what it likes.
func TestProxyProtocolUntrusted(t *testing.T) {
	t.Parallel()
	cfg := proxied("env")
	cfg.TrustProxies, cfg.TrustUnixPeers = []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}, false
	cfg.UnixSocket = socketPath(t)
	r := run(t, cfg)
	handmade, _ := hex.DecodeString(byHand)
	unix := servertest.Connect(t, cfg.UnixSocket)
	for _, nc := range []net.Conn{servertest.Connect(t, r.addr), unix} {
		c := servertest.NewClient(t, begin(t, nc, "PROXY TCP4 192.0.2.7 198.51.100.1 5000 443\r\n"))
		resp, err := http.ReadResponse(c.In, nil)
		if err != nil || resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%v, %v", resp, err)
		}
	}
	c := servertest.NewClient(t, begin(t, servertest.Connect(t, r.addr), string(handmade)))
	if resp, err := http.ReadResponse(c.In, nil); err != nil || resp.StatusCode != http.StatusBadRequest {
		t.Errorf("%v, %v", resp, err)
	}
	own := r.client(t, "X-Forwarded-For: 192.0.2.7", "Forwarded: for=192.0.2.7")
	wantVariables(t, variables(t, own), map[string]string{"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "192.0.2.7"})
}

// The header's client is then the peer whose own headers are believed or not.
func TestProxyProtocolAndForwarded(t *testing.T) {
	t.Parallel()
	cfg := proxied("env")
	cfg.TrustProxies = append(cfg.TrustProxies, netip.MustParsePrefix("10.0.0.0/8"))
	r := run(t, cfg)
	for source, want := range map[string]string{"10.0.0.1": "192.0.2.7", "198.51.100.9": "198.51.100.9"} {
		nc := begin(t, servertest.Connect(t, r.addr), "PROXY TCP4 "+source+" 198.51.100.1 5000 443\r\n")
		c := servertest.NewClient(t, nc).Upgrade("/", "X-Forwarded-For: 192.0.2.7")
		wantVariables(t, variables(t, c), map[string]string{"REMOTE_ADDR": want})
	}
}

// A client whose address the proxy does not name is not the proxy, and neither is
// what a proxy sends in its own name the word of a proxy about a client.
func TestProxyProtocolWithoutClient(t *testing.T) {
	t.Parallel()
	cfg := proxied("env")
	cfg.UnixSocket = socketPath(t)
	r := run(t, cfg)
	local := proxyV2(t, nil, nil, false)
	// HAProxy's own checks may name addresses, which don't count.
	named := strings.Replace(proxyV2(t, tcpAddr("192.0.2.7:5000"), tcpAddr("198.51.100.1:443"), false), "\n\x21", "\n\x20", 1)
	for _, tt := range []struct{ address, header, remote string }{
		{r.addr, "PROXY UNKNOWN\r\n", ""},
		{r.addr, local, "127.0.0.1"},
		{r.addr, named, "127.0.0.1"},
		{cfg.UnixSocket, "PROXY UNKNOWN\r\n", ""},
		{cfg.UnixSocket, local, ""},
	} {
		c := servertest.NewClient(t, begin(t, servertest.Connect(t, tt.address), tt.header))
		c.Upgrade("/", "Forwarded: for=192.0.2.66;proto=https;host=evil.example", "X-Forwarded-For: 192.0.2.66",
			"X-Forwarded-Proto: https", "X-Forwarded-Host: evil.example")
		env := variables(t, c)
		wantVariables(t, env, map[string]string{
			"REMOTE_ADDR": tt.remote, "SERVER_NAME": "test.example", "HTTP_X_FORWARDED_FOR": "192.0.2.66",
		})
		if _, https := env["HTTPS"]; https {
			t.Errorf("%q at %s: HTTPS=%s", tt.header, tt.address, env["HTTPS"])
		}
	}
	// Unknown clients count as one address.
	cfg = proxied("print:up", "drain")
	cfg.MaxPerAddress = 1
	r = run(t, cfg)
	ask := func(status int) *servertest.Client {
		t.Helper()
		c := servertest.NewClient(t, begin(t, servertest.Connect(t, r.addr), "PROXY UNKNOWN\r\n"))
		if answer := c.Shake("/"); answer.StatusCode != status {
			t.Errorf("the answer is %s, want %d", answer.Status, status)
		}
		return c
	}
	ask(http.StatusSwitchingProtocols).Want("up")
	ask(http.StatusTooManyRequests)
}
