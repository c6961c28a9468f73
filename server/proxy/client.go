// Package proxy finds out who a client is, where the peer of a connection is a
// proxy that is trusted to tell: by Forwarded (RFC 7239), by X-Forwarded-For and its
// like, and by the PROXY protocol.
package proxy

import (
	"net"
	"net/http"
	"net/netip"
	"strconv"
)

// Client is the far end of a request, as far as it is known: who sent it, and
// under which scheme and host the server was asked for. It is a plain value.
type Client struct {
	Addr netip.Addr // not valid when there is none, as on a Unix socket, or none is known
	Port string     // "" when it is not known
	unix bool       // the peer is on a Unix socket, and no proxy has named another

	Scheme string // http or https
	sure   bool   // Scheme is the browser's, and not only that of the last hop
	Host   string // host[:port], as a Host header has it and as unchecked

	proxy string // the peer that named the client, for the log; "" for the client itself
}

// Direct is the client of r as its connection shows it, or as the PROXY header of
// that does. The headers of r have no say in it; see Forwarded.
func Direct(r *http.Request) Client {
	c := Client{Scheme: "http", Host: r.Host}
	if r.TLS != nil {
		c.Scheme = "https"
	}
	header := headerOf(r.Context())
	if header != nil {
		c.proxy = header.peer
		if header.tls {
			c.Scheme, c.sure = "https", true
		}
	}
	// What a client on a Unix socket has bound its end to is its own choice, and
	// could look like an address.
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
// 4.1.8). It is empty for a client without an address: 127.0.0.1 would lend a
// proxy's clients the trust that programs have in the machine itself.
func (c Client) AddrText() string {
	if !c.Addr.IsValid() {
		return ""
	}
	return c.Addr.String()
}

// String is what the log says of a client.
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

// Attrs is what the log says of a client and of the proxy before it, as slog takes
// it. The caller may append to it.
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

// Counted is the address that c counts for, where each address has a limit. Clients
// behind a proxy whose address is hidden or in doubt share one: a client can bring that
// about by a header of its own, and would otherwise escape the limit. The address is
// not valid for a client that has none, on a Unix socket.
func (c Client) Counted() netip.Addr {
	if !c.Addr.IsValid() && c.proxy != "" {
		return netip.IPv4Unspecified() // nobody's own
	}
	return c.Addr
}
