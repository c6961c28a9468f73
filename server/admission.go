package server

import (
	"math"
	"net/http"
	"strconv"
	"time"
)

// retryAfter is what a client that found no free place is told to wait.
const retryAfter = 5 * time.Second

// withinRate reports whether the client's address may try one more handshake
// now, or one more login. Otherwise it has answered 429. It comes before all other
// checks of a handshake, so that guessing is slowed down as well.
func (s *Server) withinRate(w *response, r *httpRequest) bool {
	wait := s.perIP.handshake(r.client.Counted())
	if wait == 0 {
		return true
	}
	s.log.Warn("too many handshakes of one address (--handshakes-per-ip)",
		append(r.client.Attrs(), "limit", s.cfg.HandshakesPerMinute)...)
	refuseFor(w, http.StatusTooManyRequests, wait, "too many handshakes, try again later")
	return false
}

// admit takes what one more WebSocket or CGI program needs: one of its address's
// MaxPerAddress, and one of the MaxForks places. Otherwise it has answered the
// request. releaseFork, perIP.give and leave end the three things that it
// begins.
func (s *Server) admit(w *response, r *httpRequest) bool {
	addr := r.client.Counted()
	if !s.perIP.take(addr) {
		s.log.Warn("an address has all that it may have (--maxconns-per-ip)",
			append(r.client.Attrs(), "maxconns", s.cfg.MaxPerAddress)...)
		refuseFor(w, http.StatusTooManyRequests, retryAfter, "too many connections from your address, try again later")
		return false
	}
	if !s.takeFork() {
		s.perIP.give(addr)
		s.log.Warn("all places are taken (--maxforks)", append(r.client.Attrs(), "maxforks", s.cfg.MaxForks)...)
		refuseFor(w, http.StatusTooManyRequests, retryAfter, "all places are taken, try again later")
		return false
	}
	if !s.life.enter() {
		s.perIP.give(addr)
		s.releaseFork()
		refuseClosing(w)
		return false
	}
	return true
}

// dismiss ends all that admit began, where nothing has come of it or all of it
// ends at once.
func (s *Server) dismiss(r *httpRequest) {
	s.releaseFork()
	s.perIP.give(r.client.Counted())
	s.life.leave()
}

// refuseFor answers 429 (RFC 6585 4), or 503, with the time to wait in whole
// seconds.
func refuseFor(w http.ResponseWriter, status int, wait time.Duration, sentence string) {
	w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	refuse(w, status, sentence)
}

func refuseClosing(w http.ResponseWriter) {
	refuse(w, http.StatusServiceUnavailable, "the server is shutting down")
}
