package faults_test

import (
	"net"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// cut makes the client's socket drop whatever comes, so that not even the kernel
// answers: to wsd the client is gone without FIN or RST.
func (c *client) cut() {
	c.t.Helper()
	drop := []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: 0}}
	c.control(func(fd int) error {
		return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: 1, Filter: &drop[0]})
	})
}

// mend takes back cut.
func (c *client) mend() {
	c.t.Helper()
	c.control(func(fd int) error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DETACH_FILTER, 0) })
}

// control calls f with the descriptor of a connection without TLS.
func (c *client) control(f func(fd int) error) {
	c.t.Helper()
	raw, err := c.conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		c.t.Fatal(err)
	}
	if controlErr := raw.Control(func(fd uintptr) { err = f(int(fd)) }); controlErr != nil || err != nil {
		c.t.Fatal(controlErr, err)
	}
}

// shortPing is a --pingms of which two periods are soon over.
const shortPing = "--pingms=250"

// TestVanished has clients that are gone without a word: idle, in the middle of a
// message, and while output waits for them. wsd drops them, and ends their
// backends.
func TestVanished(t *testing.T) {
	t.Parallel()
	s := newStage(t, settings{args: []string{shortPing}})
	s.script("flood", "head -c 8000000 /dev/zero | tr '\\0' x; exec cat")
	s.endure(leaks, func(n int, during func()) {
		var clients []*client
		for i := range n {
			var c *client
			switch i % 10 {
			default:
				c = s.dial("/echo")
				c.wantEcho("hello")
			case 1, 3, 5:
				c = s.dial("/echo")
				c.write(frame(text, "half a"))
			case 7:
				c = s.dial("/flood")
			}
			c.cut()
			clients = append(clients, c)
		}
		during()
		for _, c := range clients {
			over := s.over(c)
			over.want(t, "code", "1006", "exit", "exit status 0")
			if !over.is("detail", "client answered no ping") {
				t.Errorf("the session ended otherwise: %v", over)
			}
			c.conn.Close()
		}
	})
	s.finish()
}

// TestLinkReturns cuts the link for a while. The sessions go on, and nothing that
// was sent in either direction meanwhile is lost.
func TestLinkReturns(t *testing.T) {
	t.Parallel()
	s := newStage(t, settings{args: []string{"--pingms=10000"}})
	s.endure(leaks, func(n int, during func()) {
		var clients []*client
		for range n {
			c := s.dial("/echo")
			c.wantEcho("hello")
			c.cut()
			for i := range 20 {
				c.say(strconv.Itoa(i))
			}
			clients = append(clients, c)
		}
		during()
		for _, c := range clients {
			c.mend()
		}
		for _, c := range clients {
			c.wantLines(0, 19)
			c.leave()
		}
	})
	s.finish()
}
