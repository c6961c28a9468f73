package server

import (
	"net/http"
	"net/netip"
)

// place is the share that a WebSocket or a CGI program has of the server's limits,
// and what makes Close wait for it. release gives it back, and does nothing when
// called again: one deferred call covers every way out. handOver leaves an empty
// place behind, for which release does nothing either. A place belongs to one
// goroutine at a time.
type place struct {
	server *Server    // nil when the place is empty
	addr   netip.Addr // whose MaxPerAddress it counts for
	fork   bool       // it has one of MaxForks
	limits bool       // releaseLimits has not been called
	once   bool       // it has the one session of Config.Once, not yet begun
}

// admit takes a place for one more WebSocket or CGI program, if one is free.
func (s *Server) admit(r *httpRequest) (*place, *refusal) {
	addr := r.client.Counted()
	if !s.perIP.take(addr) {
		s.log.Warn("an address has all that it may have ({MaxPerAddress})",
			append(r.client.Attrs(), "maxconns", s.cfg.MaxPerAddress)...)
		return nil, later(http.StatusTooManyRequests, retryAfter, "too many connections from your address, try again later")
	}
	if !s.takeFork() {
		s.perIP.give(addr)
		s.log.Error("all places are taken ({MaxForks})", append(r.client.Attrs(), "maxforks", s.cfg.MaxForks)...)
		return nil, later(http.StatusTooManyRequests, retryAfter, "all places are taken, try again later")
	}
	if !s.life.enter() {
		s.perIP.give(addr)
		s.forks.Add(-1)
		return nil, shuttingDown
	}
	return &place{server: s, addr: addr, fork: true, limits: true}, nil
}

// admitWebSocket is admit for a WebSocket, of which Config.Once allows only one.
func (s *Server) admitWebSocket(r *httpRequest) (*place, *refusal) {
	if s.cfg.Once && !s.taken.CompareAndSwap(false, true) {
		s.log.Info("there is one session only ({Once})", r.client.Attrs()...)
		return nil, &refusal{status: http.StatusServiceUnavailable, text: "this server takes one session only"}
	}
	p, no := s.admit(r)
	if no != nil {
		s.taken.Store(false)
		return nil, no
	}
	p.once = s.cfg.Once
	return p, nil
}

// takeFork takes one of MaxForks, and reports false when all are taken.
func (s *Server) takeFork() bool {
	limit := int64(s.cfg.MaxForks)
	if s.forks.Add(1) > limit && limit > 0 {
		s.forks.Add(-1)
		return false
	}
	return true
}

// handOver moves what p holds to a new place, for a session, and leaves p empty.
// The one session of Config.Once has then begun.
func (p *place) handOver() *place {
	q := *p
	*p = place{}
	q.once = false
	return &q
}

// releaseFork gives back p's share of MaxForks: the process has ended.
func (p *place) releaseFork() {
	if p.fork {
		p.fork = false
		p.server.forks.Add(-1)
	}
}

// releaseLimits gives back p's share of all limits, but Close still waits.
func (p *place) releaseLimits() {
	p.releaseFork()
	if p.limits {
		p.limits = false
		p.server.perIP.give(p.addr)
	}
	if p.once {
		p.once = false
		p.server.taken.Store(false)
	}
}

// release gives back all of p; Close no longer waits for it.
func (p *place) release() {
	if p.server == nil {
		return
	}
	p.releaseLimits()
	p.server.life.leave()
	*p = place{}
}
