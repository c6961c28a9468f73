package server

import (
	"testing"

	"wsd/server/servertest"
)

// A session that has ended leaves nothing on the heap.
func TestEndedSessionsCostNoMemory(t *testing.T) {
	s := serve(t, Config{Command: servertest.Play("print:up")})
	sessions := func(n int) uint64 {
		t.Run("", func(t *testing.T) { // whose end frees the clients
			for range n {
				c := s.client(t)
				c.wantText("up")
				c.wantClose(1000, "")
				s.log.wait(t, "DISCONNECT", 1)
				s.log.clear()
			}
		})
		freshMemory() // what the pools hold goes in two collections
		return freshMemory().heap
	}
	before := sessions(10)
	const n = 40
	if after := sessions(n); after > before+n*512 {
		t.Errorf("%d sessions have left %d bytes", n, after-before)
	}
}

// clear forgets what has been logged.
func (b *logBook) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.records = nil
}
