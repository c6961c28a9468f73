package server

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxAddresses bounds how many addresses are remembered once their clients have
// gone: one that comes back after that many others starts afresh.
const maxAddresses = 1 << 16

// perIP counts what each client address has open and how often it makes handshakes,
// for MaxPerAddress and HandshakesPerMinute. Clients without an address are not
// counted; see proxy.Client.Counted. Its methods may be called concurrently.
type perIP struct {
	maxOpen int // 0: no limit
	perMin  int // 0: no limit

	mu    sync.Mutex
	known map[netip.Prefix]*address
}

// address is what is counted for one client address.
type address struct {
	open       int           // WebSockets and CGI programs
	plain      int           // connections that are not WebSockets
	handshakes *rate.Limiter // nil without a limit
}

func newPerIP(maxOpen, perMinute int) *perIP {
	return &perIP{maxOpen: maxOpen, perMin: perMinute, known: make(map[netip.Prefix]*address)}
}

// network returns what counts as one address: a customer is given a whole /64 of
// IPv6 (RFC 6177), and could use each of its addresses once.
func network(addr netip.Addr) netip.Prefix {
	bits := 64
	if addr.Is4() {
		bits = 32
	}
	p, _ := addr.WithZone("").Prefix(bits) // fails only for an invalid address
	return p
}

// take counts one more WebSocket or CGI program of addr, and reports false when
// addr has MaxPerAddress already. give undoes it.
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

// connect counts one more plain connection of addr, and reports whether addr may
// have it. disconnect undoes the count in either case.
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

// forgetUnused forgets addr when it has nothing open and no rate to remember. p.mu
// is held.
func (p *perIP) forgetUnused(addr netip.Addr) {
	if known := p.known[network(addr)]; !known.used() && known.handshakes == nil {
		delete(p.known, network(addr))
	}
}

func (k *address) used() bool { return k.open > 0 || k.plain > 0 }

// handshake counts one more handshake of addr and returns 0, or, if that is too
// many for HandshakesPerMinute, returns how long to wait for the next one.
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

// find returns the entry of addr, a new one if there is none. p.mu is held.
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

// forget makes room: it drops addresses that have nothing open, until half are
// left, so that a flood from ever new addresses pays for the search only now and
// then. p.mu is held.
func (p *perIP) forget() {
	for key, known := range p.known { // in random order
		if len(p.known) <= maxAddresses/2 {
			return
		}
		if !known.used() {
			delete(p.known, key)
		}
	}
}
