package server

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"time"

	"wsd/server/cgi"
	"wsd/server/host"
)

// cgiRequest returns what the environment of a backend or a CGI program is made
// from. It may look up the client's name; id is that of the session or the request.
func (s *Server) cgiRequest(r *httpRequest, script cgi.Script, id string) *cgi.Request {
	name, port := serverAddress(r)
	return &cgi.Request{
		HTTP:         r.Request,
		Script:       script,
		URI:          r.asked.RequestURI(),
		HTTPS:        r.client.Scheme == "https",
		ServerName:   name,
		ServerPort:   port,
		RemoteAddr:   r.client.AddrText(),
		RemotePort:   r.client.Port,
		RemoteHost:   s.lookupRemote(r),
		User:         r.user,
		Subprotocol:  r.subprotocol,
		Software:     s.cfg.Software,
		ID:           id,
		DocumentRoot: s.cfg.StaticDir,
		Env:          s.cfg.Env,
	}
}

// serverAddress returns SERVER_NAME and SERVER_PORT: what the client asked for, or
// the address that took the request when the client named no host, or named one
// that is not safe to pass to a program. An IPv6 address has its brackets (RFC
// 3875, section 4.1.14).
func serverAddress(r *httpRequest) (name, port string) {
	name, port, ok := host.Split(r.client.Host)
	if !ok {
		name, port = localAddress(r.Request)
	}
	if port == "" {
		port = host.DefaultPort(r.client.Scheme)
	}
	return name, port
}

// localAddress returns the address of the server's end of the connection, or
// localhost when that has no IP address, as on a Unix socket.
func localAddress(r *http.Request) (name, port string) {
	if addr, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		if ap, err := netip.ParseAddrPort(addr.String()); err == nil {
			local := netip.AddrPortFrom(ap.Addr().Unmap().WithZone(""), ap.Port())
			if name, port, ok := host.Split(local.String()); ok {
				return name, port
			}
		}
	}
	return "localhost", ""
}

// lookupTimeout bounds a reverse lookup: a slow name server must not keep clients
// waiting.
const lookupTimeout = 2 * time.Second

// lookupRemote returns the client's name from reverse DNS (Config.ReverseLookup),
// or "" when there is none or lookups are off.
func (s *Server) lookupRemote(r *httpRequest) string {
	host := r.client.AddrText()
	if !s.cfg.ReverseLookup || host == "" {
		return ""
	}
	ctx, cancel := context.WithTimeout(r.Context(), lookupTimeout)
	defer cancel()
	names, err := net.DefaultResolver.LookupAddr(ctx, host)
	if err != nil || len(names) == 0 {
		s.log.Debug("reverse look-up", "addr", host, "err", err)
		return ""
	}
	return names[0]
}
