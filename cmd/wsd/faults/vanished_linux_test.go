package faults_test

import (
	"strconv"
	"testing"

	"wsd/server/servertest"
)

// shortPing is a --pingms of which two periods are soon over, but not before a busy
// machine lets the bystander say something.
const shortPing = "--pingms=2000"

// patientLadder gives a backend all the time that it needs to end by itself.
const patientLadder = "--closems=60000"

// TestVanished has clients that are gone without a word: idle, in the middle of a
// message, and while output waits for them. wsd drops them, and ends their
// backends.
func TestVanished(t *testing.T) {
	t.Parallel()
	s := newStage(t, settings{args: []string{shortPing, patientLadder}})
	s.script("flood", "head -c 8000000 /dev/zero | tr '\\0' x; exec cat")
	s.endure(leaks, func(n int, during func()) {
		var clients []*client
		for i := range n {
			var c *client
			switch i % 10 {
			default:
				c = s.dial("/echo")
				c.WantEcho("hello")
			case 1, 3, 5:
				c = s.dial("/echo")
				c.Write(servertest.Frame(servertest.Text, "half a"))
			case 7:
				c = s.dial("/flood")
			}
			c.cut()
			clients = append(clients, c)
		}
		during()
		for _, c := range clients {
			over := s.over(c)
			over.Want(t, "code", "1006", "exit", "exit status 0")
			if !over.Is("detail", "client answered no ping") {
				t.Errorf("the session ended otherwise: %v", over)
			}
			c.Conn.Close()
		}
	})
	s.finish()
}

// TestLinkReturns cuts the link for a while. The sessions go on, and nothing that
// was sent in either direction meanwhile is lost.
func TestLinkReturns(t *testing.T) {
	t.Parallel()
	// No ping: the kernels try again ever more rarely, so that a slow machine takes long.
	s := newStage(t, settings{args: []string{"--pingms=0"}})
	s.endure(leaks, func(n int, during func()) {
		var clients []*client
		for range n {
			c := s.dial("/echo")
			c.WantEcho("hello")
			c.cut()
			for i := range 20 {
				c.Send(strconv.Itoa(i))
			}
			clients = append(clients, c)
		}
		during()
		for _, c := range clients {
			c.uncut()
		}
		for _, c := range clients {
			c.wantLines(0, 19)
			c.Leave()
		}
	})
	s.finish()
}
