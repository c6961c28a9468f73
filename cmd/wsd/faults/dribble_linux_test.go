package faults_test

import (
	"testing"

	"wsd/server/servertest"
)

// TestDribble has clients that send their bytes one by one: the end of the
// handshake, a message, a ping in the middle of one, and the close frame.
func TestDribble(t *testing.T) {
	t.Parallel()
	s := newStage(t, settings{})
	s.endure(5, func(n int, during func()) {
		for i := range n {
			c := s.connect()
			handshake := servertest.Request("/echo")
			c.Write(handshake[:len(handshake)-10])
			c.trickle(handshake[len(handshake)-10:])
			c.WantUpgraded()
			c.trickle(servertest.Message("hé"))
			c.Want("hé")
			c.trickle(servertest.Frame(servertest.Text, "a"))
			c.trickle(servertest.Frame(servertest.Fin|servertest.Ping, "?"))
			c.wantPong("?")
			c.trickle(servertest.Frame(servertest.Fin|servertest.Continuation, "b"))
			c.Want("ab")
			if i == n/2 {
				during()
			}
			c.trickle(servertest.CloseFrame(1000, ""))
			c.WantCloseFrame(1000, "")
			c.WantEnd()
		}
	})
	s.finish()
}
