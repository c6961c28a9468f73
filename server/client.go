package server

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
)

// httpRequest is an HTTP request and what the server has found out about it before
// it answers.
type httpRequest struct {
	*http.Request          // its URL is below Config.BasePath
	asked         *url.URL // the URL with the base path, as it came
	client        client
	user          string // who a password of Config.PasswordFile has let in, or ""
}

// client is the far end of a request, as far as it is known: who sent it, and
// under which scheme and host the server was asked for.
type client struct {
	addr netip.Addr // not valid when there is none, as on a Unix socket, or none is known
	port string     // "" when it is not known
	unix bool       // the peer is on a Unix socket, and no proxy has named another

	scheme string // http or https
	sure   bool   // scheme is the browser's, and not only that of the last hop
	host   string // host[:port], as a Host header has it and as unchecked

	proxy string // the peer that named the client, for the log; "" for the client itself
}

// newRequest makes an httpRequest of r. The base path is not taken off yet.
func (s *Server) newRequest(r *http.Request) *httpRequest {
	direct := connectionClient(r)
	c, err := forwarded(direct, r.Header, s.trusted)
	if err != nil {
		s.log.Debug("forwarding headers", "peer", direct.String(), "err", err)
	}
	return &httpRequest{Request: r, asked: r.URL, client: c}
}

// connectionClient is the client as the connection shows it, or as its PROXY
// header does.
func connectionClient(r *http.Request) client {
	c := client{scheme: "http", host: r.Host}
	if r.TLS != nil {
		c.scheme = "https"
	}
	header := proxyHeaderOf(r.Context())
	if header != nil {
		c.proxy = header.peer
		if header.tls {
			c.scheme, c.sure = "https", true
		}
	}
	// What a client on a Unix socket has bound its end to is its own choice, and
	// could look like an address.
	if _, unix := r.Context().Value(http.LocalAddrContextKey).(*net.UnixAddr); unix {
		c.unix = header == nil
		return c
	}
	if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		c.addr, c.port = peer.Addr().Unmap(), strconv.Itoa(int(peer.Port()))
	}
	return c
}

// addrText is REMOTE_ADDR: the address without brackets (RFC 3875, section
// 4.1.8). It is empty for a client without an address: 127.0.0.1 would lend a
// proxy's clients the trust that programs have in the machine itself.
func (c client) addrText() string {
	if !c.addr.IsValid() {
		return ""
	}
	return c.addr.String()
}

// String is what the log says of a client.
func (c client) String() string {
	switch {
	case c.unix:
		return "unix"
	case !c.addr.IsValid():
		return "unknown"
	case c.port == "":
		return c.addr.String()
	default:
		return net.JoinHostPort(c.addr.String(), c.port)
	}
}

// attrs is what the log says of a client and of the proxy before it.
func (c client) attrs() []any {
	if c.proxy == "" {
		return []any{"remote", c.String()}
	}
	return []any{"remote", c.String(), "peer", c.proxy}
}

// browserScheme is the scheme that the browser used, or "" when that is not
// known.
func (c client) browserScheme() string {
	if !c.sure {
		return ""
	}
	return c.scheme
}
