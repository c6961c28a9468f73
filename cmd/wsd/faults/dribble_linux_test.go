package faults_test

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// trickle sends bytes one by one, each when wsd's machine has acknowledged the one
// before, which the kernel can only be asked for.
func (c *client) trickle(b []byte) {
	c.t.Helper()
	for _, one := range b {
		c.write([]byte{one})
		for left := 1; left > 0; runtime.Gosched() {
			c.control(func(fd int) (err error) {
				left, err = unix.IoctlGetInt(fd, unix.SIOCOUTQ)
				return err
			})
		}
	}
}

// TestDribble has clients that send their bytes one by one: the end of the
// handshake, a message, a ping in the middle of one, and the close frame.
func TestDribble(t *testing.T) {
	t.Parallel()
	s := newStage(t, settings{})
	s.endure(5, func(n int, during func()) {
		for i := range n {
			c := s.connect()
			handshake := request("/echo")
			c.write([]byte(handshake[:len(handshake)-10]))
			c.trickle([]byte(handshake[len(handshake)-10:]))
			c.wantUpgraded()
			c.trickle(message("hé"))
			c.want("hé")
			c.trickle(frame(text, "a"))
			c.trickle(frame(fin|ping, "?"))
			c.wantPong("?")
			c.trickle(frame(fin|continuation, "b"))
			c.want("ab")
			if i == n/2 {
				during()
			}
			c.trickle(closeFrame(1000))
			if _, err := c.next(); err != (closedError{1000, ""}) {
				t.Errorf("closing was answered %v", err)
			}
			c.wantEnd()
		}
	})
	s.finish()
}
