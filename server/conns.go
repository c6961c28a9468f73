package server

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"

	"wsd/server/proxy"
)

// spareConns is how many connections that are no WebSockets a client address may
// have besides MaxPerAddress: a browser opens several for a page.
const spareConns = 16

// countConn is a part of a http.Server's ConnState. It closes what an address
// opens beyond MaxPerAddress and spareConns, before anything is read from it: each
// costs a descriptor. A WebSocket is counted by admit from its handshake on. A
// trusted proxy has as many as it likes, since it speaks for many clients.
func (s *Server) countConn(c net.Conn, state http.ConnState) {
	addr, counted := s.directPeer(c)
	if !counted {
		return
	}
	switch state {
	case http.StateNew:
		if !s.perIP.connect(addr) {
			s.log.Warn("too many connections of one address ({MaxPerAddress})", "remote", addr.String())
			socket(c).Close() // it is counted until net/http has noticed
		}
	case http.StateHijacked, http.StateClosed:
		s.perIP.disconnect(addr)
	}
}

// directPeer is the address of a connection that counts for MaxPerAddress.
func (s *Server) directPeer(c net.Conn) (addr netip.Addr, counted bool) {
	if s.cfg.MaxPerAddress == 0 {
		return addr, false
	}
	peer := proxy.Peer(socket(c).RemoteAddr())
	return peer.Addr, peer.Addr.IsValid() && !s.trusted.Has(peer)
}

// socket is the connection below TLS and a PROXY header, neither of which it
// waits for.
func socket(c net.Conn) net.Conn {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	if p, ok := c.(*proxy.Conn); ok {
		c = p.Conn
	}
	return c
}
