package server

import (
	"container/list"
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// maxConns is how many plain connections there may be: all but those of WebSockets
	// and of requests that a CGI program answers, which MaxForks bounds. They may have
	// no more than a quarter of the descriptors either: a file may be open for each.
	maxConns = 1024
	// waitingGrace is how long a connection may be open, or idle, without a request
	// before it is closed for a new one, and answerGrace how long an answer may take.
	waitingGrace = time.Second
	answerGrace  = time.Minute
)

// conns are the plain connections. When there are too many, the one that has waited
// longest for its client is closed for a new one, or the oldest that is being
// answered; whoever is quick gets an answer however many others are not. Its methods
// may be called concurrently.
type conns struct {
	limit                     int
	waitingGrace, answerGrace time.Duration
	closing                   context.Context
	log                       *slog.Logger

	mu      sync.Mutex
	all     map[net.Conn]*list.Element // by its socket, in waiting or answers
	waiting list.List                  // *plainConn, the oldest first
	answers list.List
	changed chan struct{} // closed when room may have come; nil while nobody waits for that
	warned  time.Time
}

type plainConn struct {
	net.Conn
	in    *list.List
	since time.Time // when it got there
}

func newConns(closing context.Context, log *slog.Logger) *conns {
	return &conns{
		limit: min(maxConns, openFiles()/4), waitingGrace: waitingGrace, answerGrace: answerGrace, closing: closing, log: log,
		all: make(map[net.Conn]*list.Element),
	}
}

// enter counts a new connection. It returns once there is room for it: nothing more
// is accepted meanwhile.
func (c *conns) enter(nc net.Conn) {
	for {
		c.mu.Lock()
		wait := c.makeRoom()
		if wait <= 0 {
			c.put(nc, &c.waiting)
			c.mu.Unlock()
			return
		}
		if c.changed == nil {
			c.changed = make(chan struct{})
		}
		changed := c.changed
		c.mu.Unlock()
		select {
		case <-changed:
		case <-time.After(wait):
		case <-c.closing.Done():
			return // http.Server closes it
		}
	}
}

// makeRoom closes a connection if there are too many and one has outlived its grace.
// Otherwise it returns how long to wait for that. c.mu is held.
func (c *conns) makeRoom() (wait time.Duration) {
	if len(c.all) < c.limit {
		return 0
	}
	if time.Since(c.warned) > time.Minute {
		c.warned = time.Now()
		c.log.Warn("too many connections that are not WebSockets; the oldest are closed", "limit", c.limit)
	}
	wait = c.answerGrace
	for _, in := range []struct {
		*list.List
		grace time.Duration
	}{{&c.waiting, c.waitingGrace}, {&c.answers, c.answerGrace}} {
		front := in.Front()
		if front == nil {
			continue
		}
		oldest := front.Value.(*plainConn)
		left := in.grace - time.Since(oldest.since)
		if left <= 0 {
			c.drop(oldest.Conn)
			oldest.Close() // net/http notices
			return 0
		}
		wait = min(wait, left)
	}
	return wait
}

// set notes that a connection that is counted has got a request, or has been answered.
func (c *conns) set(nc net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(nc)
	if state == http.StateActive {
		c.put(nc, &c.answers)
	} else {
		c.put(nc, &c.waiting)
	}
	c.announce()
}

// leave stops to count a connection.
func (c *conns) leave(nc net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(nc)
	c.announce()
}

// exempt stops to count the connection of a request until it has been answered.
func (c *conns) exempt(r *http.Request) {
	if nc, ok := r.Context().Value(socketKey{}).(net.Conn); ok {
		c.leave(nc)
	}
}

// put counts nc in a list of c. c.mu is held.
func (c *conns) put(nc net.Conn, in *list.List) {
	c.all[nc] = in.PushBack(&plainConn{nc, in, time.Now()})
}

// drop is put undone, if it has been done. c.mu is held.
func (c *conns) drop(nc net.Conn) {
	if element := c.all[nc]; element != nil {
		element.Value.(*plainConn).in.Remove(element)
		delete(c.all, nc)
	}
}

// announce lets enter look again. c.mu is held.
func (c *conns) announce() {
	if c.changed != nil {
		close(c.changed)
		c.changed = nil
	}
}
