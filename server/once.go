package server

import "net/http"

// takeOnce reports whether a WebSocket may begin: any without Config.Once, and
// the first one with it. Otherwise it has answered the request. A handshake that
// fails after all gives it back by giveOnce.
func (s *Server) takeOnce(w *response, r *httpRequest) bool {
	if !s.cfg.Once || s.taken.CompareAndSwap(false, true) {
		return true
	}
	s.log.Info("there is one session only (--once)", r.client.Attrs()...)
	refuse(w, http.StatusServiceUnavailable, "this server takes one session only")
	return false
}

func (s *Server) giveOnce() { s.taken.Store(false) }

// passed is told of each session's end. With Config.Once that is the end of Run.
func (s *Server) passed() {
	if s.cfg.Once {
		close(s.over) // no second session has begun
	}
}
