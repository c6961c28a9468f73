package server

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxAddresses bounds what is remembered of clients that are gone: one that comes
// back after so many others begins anew.
const maxAddresses = 1 << 16

// perIP counts what each client address has and does, for MaxPerAddress and
// HandshakesPerMinute. Clients without an address are not counted; see
// proxy.Client.Counted. Its methods may be called concurrently.
type perIP struct {
	maxOpen int // 0: no limit
	perMin  int // 0: no limit

	mu    sync.Mutex
	known map[netip.Prefix]*address
}

// address is one client address.
type address struct {
	open       int           // WebSockets and CGI programs
	plain      int           // connections that are no WebSockets
	handshakes *rate.Limiter // nil without a limit
}

func newPerIP(maxOpen, perMinute int) *perIP {
	return &perIP{maxOpen: maxOpen, perMin: perMinute, known: make(map[netip.Prefix]*address)}
}

// network is what counts as one address: a customer is given a whole /64 of
// IPv6 (RFC 6177), and could use each of its addresses once.
func network(addr netip.Addr) netip.Prefix {
	bits := 64
	if addr.Is4() {
		bits = 32
	}
	p, _ := addr.WithZone("").Prefix(bits) // fails for an invalid address only
	return p
}

// take counts one more WebSocket or CGI program of addr, and reports false when
// it has MaxPerAddress already. give takes it back.
func (p *perIP) take(addr netip.Addr) bool {
	if p.maxOpen == 0 || !addr.IsValid() {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.find(addr)
	if known.open >= p.maxOpen {
		return false
	}
	known.open++
	return true
}

func (p *perIP) give(addr netip.Addr) {
	if p.maxOpen == 0 || !addr.IsValid() {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known[network(addr)].open--
	p.forgetUnused(addr)
}

// connect counts one more plain connection of addr, and reports whether it may
// have it. disconnect takes it back either way.
func (p *perIP) connect(addr netip.Addr) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.find(addr)
	known.plain++
	return known.plain <= p.maxOpen+spareConns
}

func (p *perIP) disconnect(addr netip.Addr) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known[network(addr)].plain--
	p.forgetUnused(addr)
}

// forgetUnused forgets addr when it has nothing and no rate to remember. p.mu is
// held.
func (p *perIP) forgetUnused(addr netip.Addr) {
	if known := p.known[network(addr)]; !known.used() && known.handshakes == nil {
		delete(p.known, network(addr))
	}
}

func (k *address) used() bool { return k.open > 0 || k.plain > 0 }

// handshake counts one more handshake of addr. The result is 0, or how long to
// wait for the next that is within HandshakesPerMinute.
func (p *perIP) handshake(addr netip.Addr) time.Duration {
	if p.perMin == 0 || !addr.IsValid() {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	next := p.find(addr).handshakes.Reserve()
	wait := next.Delay()
	if wait > 0 {
		next.Cancel()
	}
	return wait
}

// find returns what is known of addr. p.mu is held.
func (p *perIP) find(addr netip.Addr) *address {
	key := network(addr)
	known := p.known[key]
	if known == nil {
		if len(p.known) >= maxAddresses {
			p.forget()
		}
		known = &address{}
		if p.perMin > 0 {
			known.handshakes = rate.NewLimiter(rate.Limit(float64(p.perMin)/60), p.perMin)
		}
		p.known[key] = known
	}
	return known
}

// forget makes room: addresses that have nothing go, half of them, so that
// a flood from ever new ones pays for the search only now and then. p.mu is held.
func (p *perIP) forget() {
	for key, known := range p.known { // in no order
		if len(p.known) <= maxAddresses/2 {
			return
		}
		if !known.used() {
			delete(p.known, key)
		}
	}
}
