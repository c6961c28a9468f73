package server

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// crowd are connections as they come and go in a test with a clock of its own.
type crowd struct {
	*conns
	t *testing.T
}

func crowded(t *testing.T, limit int) (crowd, context.CancelFunc) {
	ctx, cancel := context.WithCancel(t.Context())
	c := newConns(ctx, slog.New(slog.DiscardHandler))
	c.limit = limit
	return crowd{c, t}, cancel
}

// come is a connection that comes, and how long it took to be let in.
func (c crowd) come() (*closable, time.Duration) {
	begun := time.Now()
	nc := new(closable)
	c.enter(nc)
	return nc, time.Since(begun)
}

// closable is a connection that can do no more than be closed.
type closable struct {
	net.Conn
	closed bool
}

func (c *closable) Close() error { c.closed = true; return nil }

func TestCrowd(t *testing.T) {
	for name, f := range map[string]func(*testing.T){
		"who has waited longest makes room": func(t *testing.T) {
			c, _ := crowded(t, 3)
			answered, _ := c.come()
			c.set(answered, http.StateActive)
			first, _ := c.come()
			time.Sleep(waitingGrace / 2)
			second, _ := c.come()
			if _, took := c.come(); took != waitingGrace/2 || !first.closed || second.closed || answered.closed {
				t.Errorf("after %v: %v, %v, %v", took, first.closed, second.closed, answered.closed)
			}
		},
		"one leaves meanwhile": func(t *testing.T) {
			c, _ := crowded(t, 1)
			first, _ := c.come()
			time.AfterFunc(waitingGrace/4, func() { c.leave(first) })
			if _, took := c.come(); took != waitingGrace/4 || first.closed {
				t.Errorf("after %v, closed: %v", took, first.closed)
			}
		},
		"answers take for ever": func(t *testing.T) {
			c, _ := crowded(t, 2)
			first, _ := c.come()
			second, _ := c.come()
			c.set(second, http.StateActive)
			c.set(first, http.StateActive)
			if _, took := c.come(); took != answerGrace || first.closed || !second.closed {
				t.Errorf("after %v: %v, %v", took, first.closed, second.closed)
			}
		},
		"idle again after an answer": func(t *testing.T) {
			c, _ := crowded(t, 1)
			first, _ := c.come()
			c.set(first, http.StateActive)
			time.AfterFunc(answerGrace/2, func() { c.set(first, http.StateIdle) })
			if _, took := c.come(); took != answerGrace/2+waitingGrace || !first.closed {
				t.Errorf("after %v, closed: %v", took, first.closed)
			}
		},
		"the server closes": func(t *testing.T) {
			c, cancel := crowded(t, 1)
			c.come()
			time.AfterFunc(waitingGrace/4, cancel)
			if _, took := c.come(); took != waitingGrace/4 {
				t.Errorf("after %v", took)
			}
		},
	} {
		t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
	}
}
