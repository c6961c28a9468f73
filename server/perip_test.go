//go:build unix

package server

import (
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"testing"

	"wsd/server/certs"
	"wsd/server/servertest"
)

// clientFrom is a client that the trusted proxy of a test says is at addr.
func (s *testServer) clientFrom(t testing.TB, addr string) *servertest.Client {
	t.Helper()
	return s.client(t, "X-Forwarded-For: "+addr)
}

func TestMaxPerAddress(t *testing.T) {
	t.Parallel()
	gate := servertest.NewGate(t)
	s := serve(t, Config{
		Command:       servertest.Play("print:up", "drain"),
		CGIDir:        cgiFolder(t, gate.Step(), plainText, "print:"),
		MaxPerAddress: 2, TrustProxies: trustLoopback,
	})
	const one, two = "X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 192.0.2.2"
	first := s.client(t, one)
	first.Want("up")
	answered := make(chan *http.Response, 1)
	go func() { // ends when the gate is open
		resp, _ := s.get(t, "/play.cgi", one)
		answered <- resp
	}()
	gate.Reached()

	// A WebSocket and a program: that is all that this address may have.
	wantBusy(t, s.askUpgrade(t, one))
	resp, _ := s.get(t, "/play.cgi", one)
	wantBusy(t, resp)
	records := s.log.WaitN(t, 2, "an address has all that it may have ({MaxPerAddress})")
	if records[0]["level"] != LevelWarn.String() {
		t.Error(records[0])
	}
	records[0].Want(t, "remote", "192.0.2.1", "maxconns", "2")
	s.client(t, two).Want("up")
	s.client(t, two).Want("up")

	gate.Open()
	wantStatus(t, <-answered, http.StatusOK)
	s.log.WaitN(t, 3, "HTTP") // the program's comes when it has ended
	first.Leave()
	s.log.Wait(t, "DISCONNECT")
	s.client(t, one).Want("up")
	s.client(t, one).Want("up")
	wantBusy(t, s.askUpgrade(t, one))
}

// An address can't take all descriptors by connections that ask for nothing,
// and the others don't notice.
func TestPlainConnectionsPerAddress(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]Config{"TCP": {}, "TLS": {TLS: &certs.Config{}}} {
		t.Run(name, func(t *testing.T) {
			cfg.Command, cfg.Addresses, cfg.MaxPerAddress = servertest.Play("print:up", "drain"), []string{"127.0.0.1:0"}, 1
			r := run(t, cfg)
			var silent []net.Conn
			for range 1 + spareConns {
				silent = append(silent, r.dial(t).Conn)
			}
			const told = "too many connections of one address ({MaxPerAddress})"
			over := r.dial(t)
			if _, err := over.In.ReadByte(); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("one more connection: %v, want its end", err)
			}
			r.log.Wait(t, told).Want(t, "remote", "127.0.0.1")

			other, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}).Dial("tcp", r.addr)
			if err != nil {
				t.Fatal(err)
			}
			if cfg.TLS != nil {
				other = tls.Client(other, servertest.TrustAny())
			}
			c := servertest.NewClient(t, other).Upgrade("/")
			c.Want("up") // a WebSocket is no plain connection any more
			if n := r.perIP.known[network(netip.MustParseAddr("127.0.0.2"))].plain; n != 0 {
				t.Errorf("a WebSocket counts as %d plain connections", n)
			}
			for _, conn := range silent {
				conn.Close()
			}
			c.Leave()
			r.stop()
			r.wait(t)
			if len(r.log.All(told)) != 1 {
				t.Error(r.log.All(told))
			}
			within(t, "forgetting all addresses", func() {
				for r.perIP.count() != 0 {
					runtime.Gosched() // net/http tells of a connection's end a moment after its own
				}
			})
		})
	}
}

// count is how many addresses are known.
func (p *perIP) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.known)
}

func TestTrustedPeersAreNotCounted(t *testing.T) {
	t.Parallel()
	r := run(t, Config{Command: servertest.Play("print:up", "drain"), Addresses: []string{"127.0.0.1:0"},
		MaxPerAddress: 1, TrustProxies: trustLoopback, ProxyProtocol: true})
	for range 2 * spareConns {
		r.dial(t)
	}
	conn := servertest.Connect(t, r.addr)
	io.WriteString(conn, "PROXY TCP4 192.0.2.1 127.0.0.1 4711 80\r\n")
	servertest.NewClient(t, conn).Upgrade("/").Want("up")
}

func TestAddressesAreForgotten(t *testing.T) {
	t.Parallel()
	a := newPerIP(3, 5)
	open := netip.MustParseAddr("192.0.2.1")
	a.take(open)
	a.take(open)
	var b [4]byte
	for i := range uint32(3 * maxAddresses) {
		binary.BigEndian.PutUint32(b[:], 10<<24+i)
		a.handshake(netip.AddrFrom4(b))
	}
	if len(a.known) > maxAddresses {
		t.Errorf("%d addresses are known, want at most %d", len(a.known), maxAddresses)
	}
	if !a.take(open) || a.take(open) {
		t.Error("an address with open sessions has been forgotten")
	}
	for range 3 {
		a.give(open)
	}
	if a = newPerIP(3, 0); !a.take(open) {
		t.Error("refused")
	}
	if a.give(open); len(a.known) != 0 {
		t.Errorf("%d addresses are known, want none", len(a.known))
	}
}

func TestNetwork(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		one, other string
		same       bool
	}{
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true},
		{"2001:db8:1:2::1", "2001:db8:1:3::1", false},
		{"fe80::1%eth0", "fe80::1%eth1", true},
	} {
		if same := network(netip.MustParseAddr(tt.one)) == network(netip.MustParseAddr(tt.other)); same != tt.same {
			t.Errorf("%s and %s are the same: %v", tt.one, tt.other, same)
		}
	}
}

// The rate bounds the handshakes that are refused as well, but no plain
// requests.
func TestHandshakesPerMinute(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{
		Command: servertest.Play("print:up", "drain"), Origins: []string{"good.example"},
		HandshakesPerMinute: 3, TrustProxies: trustLoopback,
	})
	const one = "X-Forwarded-For: 192.0.2.1"
	s.client(t, one).Want("up")
	wantStatus(t, s.askUpgrade(t, one, "Origin: http://evil.example"), http.StatusForbidden)
	s.client(t, one).Want("up")
	for range 2 {
		resp := s.askUpgrade(t, one)
		wantStatus(t, resp, http.StatusTooManyRequests)
		if after, err := strconv.Atoi(resp.Header.Get("Retry-After")); err != nil || after < 1 || after > 20 {
			t.Errorf("Retry-After: %d, want up to a third of a minute", after)
		}
	}
	resp, _ := s.get(t, "/", one)
	wantStatus(t, resp, http.StatusUpgradeRequired)
	s.clientFrom(t, "192.0.2.2").Want("up")
	s.log.WaitN(t, 2, "too many handshakes of one address ({HandshakesPerMinute})")[1].Want(t, "remote", "192.0.2.1", "limit", "3")
	s.wantPlaces(t, 3)
}

// Nobody gets around the limits by a header that makes the client's address
// unknown.
func TestUnknownAddressesAreCountedAsOne(t *testing.T) {
	t.Parallel()
	for name, header := range map[string]string{
		"the client sends the header that the proxy does not": "Forwarded: for=192.0.2.9",
		"hidden": "Forwarded: for=unknown",
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, Config{Command: servertest.Play("print:up", "drain"), MaxPerAddress: 1, HandshakesPerMinute: 3, TrustProxies: trustLoopback})
			first := s.client(t, "X-Forwarded-For: 192.0.2.1", header)
			first.Want("up")
			resp := s.askUpgrade(t, "X-Forwarded-For: 192.0.2.2", header)
			wantBusy(t, resp)
			s.clientFrom(t, "192.0.2.1").Want("up")
			first.Leave()
			s.log.Wait(t, "DISCONNECT")
			s.client(t, "X-Forwarded-For: 192.0.2.3", header).Want("up")
			wantStatus(t, s.askUpgrade(t, "X-Forwarded-For: 192.0.2.4", header), http.StatusTooManyRequests)
			s.log.Wait(t, "too many handshakes of one address ({HandshakesPerMinute})")
		})
	}
}

// A client on a Unix socket has no address: it is not counted, and a limit for
// each address is none for all of them.
func TestNoAddressIsNotCounted(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/s"
	run(t, Config{Command: servertest.Play("print:up", "drain"), UnixSocket: path, Addresses: []string{"127.0.0.1:0"},
		MaxPerAddress: 1, HandshakesPerMinute: 1})
	for range 3 {
		conn := servertest.Connect(t, path)
		servertest.NewClient(t, conn).Upgrade("/").Want("up")
	}
}
