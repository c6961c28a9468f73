package server

import (
	"testing"

	"wsd/server/servertest"
)

// A session that has ended leaves nothing on the heap.
func TestEndedSessionsCostNoMemory(t *testing.T) {
	var log newestLog
	s := serve(t, Config{Command: servertest.Play("print:up"), Log: logTo(&log, LevelAccess)})
	sessions := func(n int) uint64 {
		t.Run("", func(t *testing.T) { // whose end frees the clients
			for range n {
				log.Store(new(servertest.Log))
				c := s.client(t)
				c.Want("up")
				c.WantClose(1000, "")
				log.Load().Wait(t, "DISCONNECT")
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
