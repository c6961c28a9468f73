// Package proxy finds out who a client is when the peer of a connection is a
// proxy that is trusted to say so: by Forwarded (RFC 7239), by X-Forwarded-For
// and the like, or by the PROXY protocol.
package proxy

import (
	"net"
	"net/http"
	"net/netip"
	"strconv"
)

// Client is the far end of a request, as far as it is known: who sent it, and
// which scheme and host it asked for. It is a plain value.
type Client struct {
	Addr netip.Addr // not valid when there is none, as on a Unix socket, or none is known
	Port string     // "" when it is not known
	unix bool       // the peer is on a Unix socket, and no proxy has named another

	Scheme string // http or https
	sure   bool   // Scheme is the browser's, not just that of the last hop
	Host   string // host[:port], as unchecked as a Host header

	proxy string // the peer that named the client, for the log; "" for the client itself
	own   bool   // it is a proxy that speaks for itself and forwards nobody; see Forwarded
}

// Direct is the client of r according to its connection, or to the PROXY header
// of that. Headers in which a proxy names a client are ignored; see Forwarded.
func Direct(r *http.Request) Client {
	c := Client{Scheme: "http", Host: r.Host}
	if r.TLS != nil {
		c.Scheme = "https"
	}
	header := headerOf(r.Context())
	if header != nil && header.own {
		c.own, header = true, nil
	}
	if header != nil {
		c.proxy = header.peer
		if header.tls {
			c.Scheme, c.sure = "https", true
		}
	}
	// A client on a Unix socket chooses the name of its own end, which could look
	// like an address.
	if _, unix := r.Context().Value(http.LocalAddrContextKey).(*net.UnixAddr); unix {
		c.unix = header == nil
		return c
	}
	if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		c.Addr, c.Port = peer.Addr().Unmap(), strconv.Itoa(int(peer.Port()))
	}
	return c
}

// Peer is the far end of a connection with the remote address a, before any request
// has come from it.
func Peer(a net.Addr) Client {
	switch a := a.(type) {
	case interface{ AddrPort() netip.AddrPort }: // TCP, and UDP where a PROXY header says so
		at := a.AddrPort()
		return Client{Addr: at.Addr().Unmap(), Port: strconv.Itoa(int(at.Port()))}
	case *net.UnixAddr:
		return Client{unix: true}
	default:
		return Client{}
	}
}

// AddrText is REMOTE_ADDR: the address without brackets (RFC 3875, section
// 4.1.8). It is empty for a client without an address: 127.0.0.1 would give a
// proxy's clients the trust that programs place in the machine itself.
func (c Client) AddrText() string {
	if !c.Addr.IsValid() {
		return ""
	}
	return c.Addr.String()
}

// String is the client as the log names it.
func (c Client) String() string {
	switch {
	case c.unix:
		return "unix"
	case !c.Addr.IsValid():
		return "unknown"
	case c.Port == "":
		return c.Addr.String()
	default:
		return net.JoinHostPort(c.Addr.String(), c.Port)
	}
}

// Attrs are the slog attributes that name a client and the proxy in front of it,
// if any. The caller may append to them.
func (c Client) Attrs() []any {
	if c.proxy == "" {
		return []any{"remote", c.String()}
	}
	return []any{"remote", c.String(), "peer", c.proxy}
}

// BrowserScheme is the scheme that the browser used, or "" when that is not
// known.
func (c Client) BrowserScheme() string {
	if !c.sure {
		return ""
	}
	return c.Scheme
}

// Counted is the address that c counts against where each address has a limit.
// Clients behind a proxy whose addresses are hidden or in doubt share one: a
// client can cause that with a header of its own, and would otherwise escape the
// limit. The address is not valid for a client on a Unix socket, which has none.
func (c Client) Counted() netip.Addr {
	if !c.Addr.IsValid() && c.proxy != "" {
		return netip.IPv4Unspecified() // no client's own
	}
	return c.Addr
}
