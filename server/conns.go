package server

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"

	"wsd/server/proxy"
)

// spareConns is how many connections that are not WebSockets a client address may
// have beyond MaxPerAddress: a browser opens several for a page.
const spareConns = 16

// countConn is the ConnState hook of each http.Server. It keeps the bound on all plain
// connections, and closes what an address opens beyond MaxPerAddress and spareConns
// before anything is read from it: each connection costs a descriptor. A WebSocket is
// counted by admit, from its handshake on. A trusted proxy may have as many as it
// likes, since it speaks for many clients.
func (s *Server) countConn(c net.Conn, state http.ConnState) {
	addr, counted := s.directPeer(c)
	switch state {
	case http.StateNew:
		if counted && !s.perIP.connect(addr) {
			s.log.Warn("too many connections of one address ({MaxPerAddress})", "remote", addr.String())
			socket(c).Close() // it counts until net/http notices
			return
		}
		s.conns.enter(socket(c))
	case http.StateActive, http.StateIdle:
		s.conns.set(socket(c), state)
	case http.StateHijacked, http.StateClosed:
		s.conns.leave(socket(c))
		if counted {
			s.perIP.disconnect(addr)
		}
	}
}

// directPeer returns the address that a connection counts for, if MaxPerAddress
// applies to it.
func (s *Server) directPeer(c net.Conn) (addr netip.Addr, counted bool) {
	if s.cfg.MaxPerAddress == 0 {
		return addr, false
	}
	peer := proxy.Peer(socket(c).RemoteAddr())
	return peer.Addr, peer.Addr.IsValid() && !s.trusted.Has(peer)
}

// socket returns the connection below TLS and the PROXY protocol, without waiting
// for either.
func socket(c net.Conn) net.Conn {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	c = unwrapClear(c)
	if p, ok := c.(*proxy.Conn); ok {
		c = p.Conn
	}
	return c
}
