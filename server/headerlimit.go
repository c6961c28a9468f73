package server

import "net/http"

// checkHeader refuses a request with more than MaxHeaderCount header fields, by
// 431 (RFC 6585 5). It is the first check of each request.
func (s *Server) checkHeader(w *response, r *httpRequest) bool {
	fields := 0
	for _, values := range r.Header {
		fields += len(values)
	}
	if s.cfg.MaxHeaderCount == 0 || fields <= s.cfg.MaxHeaderCount {
		return true
	}
	s.log.Warn("too many header fields (--maxheadercount)",
		append(r.client.Attrs(), "fields", fields, "maxheadercount", s.cfg.MaxHeaderCount)...)
	refuse(w, http.StatusRequestHeaderFieldsTooLarge, "the request has too many header fields")
	return false
}
