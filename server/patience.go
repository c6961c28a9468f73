package server

import (
	"net/http"
	"sync"
	"time"

	"wsd/server/websocket"
)

const (
	// stallTimeout is how long the client of a plain request may stall, in sending the
	// body or in taking the answer.
	stallTimeout = time.Minute
	// lingerTimeout is how long a body that nobody wants is read after the answer,
	// so that a client that sends first and reads then gets to read (RFC 9112 9.6).
	lingerTimeout = time.Second
)

// patience lets a client be slow in taking an answer, but not stall: the write
// deadline of its connection is extended for as long as it takes some. It belongs to
// the request's goroutine.
type patience struct {
	timeout time.Duration
	client  *http.ResponseController
	flow    func() websocket.Flow // of the connection; nil where only finished writes are known

	mu    sync.Mutex // held by look; end waits for it
	timer *time.Timer
	ended bool
	last  websocket.Flow // at the last look
}

// extend is called before each write.
func (p *patience) extend() {
	p.client.SetWriteDeadline(time.Now().Add(p.timeout))
	if p.timer == nil && p.flow != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.last = p.flow()
		p.timer = time.AfterFunc(p.timeout/4, p.look)
	}
}

// look extends the deadline of a write in progress when the client has taken some of
// what was written before: the kernel may hold megabytes of it, and lets a write go on
// only when a third of that is gone.
func (p *patience) look() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	now := p.flow()
	if now.Acked > p.last.Acked || now.Unsent < p.last.Unsent {
		p.client.SetWriteDeadline(time.Now().Add(p.timeout))
	}
	p.last = now
	p.timer.Reset(p.timeout / 4)
}

// end returns when no deadline is extended any more. The last one is for what net/http
// has yet to write.
func (p *patience) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	if p.timer != nil {
		p.timer.Stop()
	}
	p.client.SetWriteDeadline(time.Now().Add(p.timeout))
}

// isLast reports whether the connection of r must end with the answer: because it is
// not clear where r ends, or because r has a body. Otherwise net/http would first read
// that, for as long as the client likes and with all of r in memory.
func isLast(r *http.Request) bool { return r.ContentLength != 0 || endsUnclear(r) }

// linger bounds the time for which net/http reads what is left of a body that has
// been answered.
func linger(client *http.ResponseController, r *http.Request) {
	if r.ContentLength != 0 {
		client.SetReadDeadline(time.Now().Add(lingerTimeout))
	}
}
