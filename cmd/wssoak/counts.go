package main

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
)

// maxNotes is how many of the things that went wrong are reported in full.
const maxNotes = 20

// counts is what a soak has counted so far. Its methods may be called
// concurrently.
type counts struct {
	opened, open   atomic.Int64 // sessions: all of them, and those open now
	sent, received atomic.Int64 // messages, by the clients

	mu       sync.Mutex
	most     int64          // sessions at once
	kinds    [endings]int64 // sessions, by how they have ended
	backends int64          // messages that the backends of those have received
	faults   faults
	wrong    int64    // sessions that did not end as they should have
	notes    []string // on the first of them
}

// traffic is how many messages the clients have sent and received.
type traffic struct{ sent, received int64 }

func (t traffic) minus(o traffic) traffic { return traffic{t.sent - o.sent, t.received - o.received} }

func (c *counts) traffic() traffic { return traffic{c.sent.Load(), c.received.Load()} }

// begin counts a session that has opened.
func (c *counts) begin() {
	c.opened.Add(1)
	now := c.open.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.most = max(c.most, now)
}

// ended counts a session that has ended in the given way, the messages that its
// backend has received, and the faults.
func (c *counts) ended(e ending, received int64, f faults) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kinds[e]++
	c.backends += received
	c.faults = c.faults.plus(f)
}

// blame counts something that went wrong, and notes what it was.
func (c *counts) blame(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wrong++
	if len(c.notes) < maxNotes {
		c.notes = append(c.notes, fmt.Sprintf(format, args...))
	}
}

// blamed is how many things went wrong.
func (c *counts) blamed() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wrong
}

// tell writes what went wrong in a soak that could not be finished.
func (c *counts) tell(w io.Writer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, note := range c.notes {
		fmt.Fprintf(w, "- %s\n", note)
	}
}
