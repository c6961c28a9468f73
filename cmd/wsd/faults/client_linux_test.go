package faults_test

import (
	"errors"
	"net"
	"runtime"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"wsd/server/servertest"
)

// A client is one of the kit's whose socket can be tampered with. It belongs to
// one goroutine.
type client struct {
	*servertest.Client
	t    *testing.T
	path string // where it has dialed, in the log
}

func newClient(t *testing.T, conn net.Conn) *client {
	return &client{Client: servertest.NewClient(t, conn), t: t}
}

// control calls f with the descriptor of a connection without TLS.
func (c *client) control(f func(fd int) error) {
	c.t.Helper()
	raw, err := c.Conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		c.t.Fatal(err)
	}
	controlErr := raw.Control(func(fd uintptr) { err = f(int(fd)) })
	if errors.Is(err, unix.EPERM) { // some kernels leave filters to root
		servertest.Missing(c.t, "the right to filter what a socket receives")
	}
	if controlErr != nil || err != nil {
		c.t.Fatal(controlErr, err)
	}
}

// cut makes the client's socket drop whatever comes, so that not even the kernel
// answers: to wsd the client is gone without FIN or RST.
func (c *client) cut() {
	c.t.Helper()
	drop := []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: 0}}
	c.control(func(fd int) error {
		return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: 1, Filter: &drop[0]})
	})
}

// uncut takes back cut.
func (c *client) uncut() {
	c.t.Helper()
	c.control(func(fd int) error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DETACH_FILTER, 0) })
}

// trickle sends bytes one by one, each when wsd's machine has acknowledged the one
// before, which the kernel can only be asked for.
func (c *client) trickle(b []byte) {
	c.t.Helper()
	for _, one := range b {
		c.Write([]byte{one})
		for left := 1; left > 0; runtime.Gosched() {
			c.control(func(fd int) (err error) {
				left, err = unix.IoctlGetInt(fd, unix.SIOCOUTQ)
				return err
			})
		}
	}
}

// wantPong reads up to the next pong, before which no message may come.
func (c *client) wantPong(payload string) {
	c.t.Helper()
	for {
		f, err := c.ReadFrame()
		switch {
		case err != nil:
			c.t.Fatalf("reading up to a pong: %v", err)
		case f.Opcode == servertest.Ping:
			c.Write(servertest.Frame(servertest.Fin|servertest.Pong, string(f.Payload)))
		case f.Opcode != servertest.Pong || string(f.Payload) != payload:
			c.t.Fatalf("got a %v, want a pong", f)
		default:
			return
		}
	}
}

// wantLines reads the messages from one number to another.
func (c *client) wantLines(from, to int) {
	c.t.Helper()
	for n := from; n <= to; n++ {
		c.Want(strconv.Itoa(n))
	}
}
