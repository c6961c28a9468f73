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

// addresses counts what each client address has and does, for MaxPerAddress and
// HandshakeRate. Clients without an address are not counted; see proxy.Client.Counted. Its
// methods may be called concurrently.
type addresses struct {
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

func newAddresses(maxOpen, perMinute int) *addresses {
	return &addresses{maxOpen: maxOpen, perMin: perMinute, known: make(map[netip.Prefix]*address)}
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
func (a *addresses) take(addr netip.Addr) bool {
	if a.maxOpen == 0 || !addr.IsValid() {
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	known := a.find(addr)
	if known.open >= a.maxOpen {
		return false
	}
	known.open++
	return true
}

func (a *addresses) give(addr netip.Addr) {
	if a.maxOpen == 0 || !addr.IsValid() {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.known[network(addr)].open--
	a.forgetUnused(addr)
}

// connect counts one more plain connection of addr, and reports whether it may
// have it. disconnect takes it back either way.
func (a *addresses) connect(addr netip.Addr) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	known := a.find(addr)
	known.plain++
	return known.plain <= a.maxOpen+spareConns
}

func (a *addresses) disconnect(addr netip.Addr) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.known[network(addr)].plain--
	a.forgetUnused(addr)
}

// forgetUnused forgets addr when it has nothing and no rate to remember. a.mu is
// held.
func (a *addresses) forgetUnused(addr netip.Addr) {
	if known := a.known[network(addr)]; !known.used() && known.handshakes == nil {
		delete(a.known, network(addr))
	}
}

func (k *address) used() bool { return k.open > 0 || k.plain > 0 }

// handshake counts one more handshake of addr. The result is 0, or how long to
// wait for the next that is within HandshakeRate.
func (a *addresses) handshake(addr netip.Addr) time.Duration {
	if a.perMin == 0 || !addr.IsValid() {
		return 0
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	next := a.find(addr).handshakes.Reserve()
	wait := next.Delay()
	if wait > 0 {
		next.Cancel()
	}
	return wait
}

// find returns what is known of addr. a.mu is held.
func (a *addresses) find(addr netip.Addr) *address {
	key := network(addr)
	known := a.known[key]
	if known == nil {
		if len(a.known) >= maxAddresses {
			a.forget()
		}
		known = &address{}
		if a.perMin > 0 {
			known.handshakes = rate.NewLimiter(rate.Limit(float64(a.perMin)/60), a.perMin)
		}
		a.known[key] = known
	}
	return known
}

// forget makes room: addresses that have nothing go, half of them, so that
// a flood from ever new ones pays for the search only now and then. a.mu is held.
func (a *addresses) forget() {
	for key, known := range a.known { // in no order
		if len(a.known) <= maxAddresses/2 {
			return
		}
		if !known.used() {
			delete(a.known, key)
		}
	}
}
