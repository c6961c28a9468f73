package server

import (
	"net/http"
	"net/url"

	"wsd/server/proxy"
)

// httpRequest is an HTTP request and what the server has found out about it before
// it answers.
type httpRequest struct {
	*http.Request          // stripBase takes the base path off its URL
	asked         *url.URL // the URL as it came, with the base path
	client        proxy.Client
	user          string // who logged in by Config.PasswordFile, or ""
	subprotocol   string // that a WebSocket will use, or ""
}

// newRequest makes an httpRequest from r, still with the base path.
func (s *Server) newRequest(r *http.Request) *httpRequest {
	direct := proxy.Direct(r)
	client, err := proxy.Forwarded(direct, r.Header, s.trusted)
	if err != nil {
		s.log.Debug("forwarding headers", "peer", direct.String(), "err", err)
	}
	return &httpRequest{Request: r, asked: r.URL, client: client}
}

// checkFieldCount refuses a request with more than MaxHeaderCount header fields,
// with status 431 (RFC 6585 5).
func (s *Server) checkFieldCount(r *httpRequest) *refusal {
	fields := 0
	for _, values := range r.Header {
		fields += len(values)
	}
	if s.cfg.MaxHeaderCount == 0 || fields <= s.cfg.MaxHeaderCount {
		return nil
	}
	s.log.Warn("too many header fields ({MaxHeaderCount})",
		append(r.client.Attrs(), "fields", fields, "maxheadercount", s.cfg.MaxHeaderCount)...)
	return &refusal{status: http.StatusRequestHeaderFieldsTooLarge, text: "the request has too many header fields"}
}

// endsUnclear reports whether a proxy in front may have seen the end of r elsewhere. The
// connection must end with the answer then: what comes behind r is never taken for the
// next request, in which a client could hide one of its own from the proxy.
//
// net/http goes by Transfer-Encoding, and takes away a Content-Length that has come with
// it (RFC 9112 6.1); in HTTP/1.0 it is Transfer-Encoding that is taken away, and without
// a trace. So all requests with chunks are meant, and all of HTTP/1.0. For a request with
// Upgrade some proxies relay whatever follows, even when the answer is not a 101, as
// Apache's mod_proxy_wstunnel does.
func endsUnclear(r *http.Request) bool {
	return len(r.TransferEncoding) > 0 || !r.ProtoAtLeast(1, 1) || r.Header["Upgrade"] != nil
}
