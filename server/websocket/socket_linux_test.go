package websocket

import (
	"io"
	"net"
	"testing"

	"wsd/server/servertest"
)

// pair is a connection over TCP, and its peer's end.
func pair(t *testing.T) (*Conn, *net.TCPConn) {
	t.Helper()
	near, far := servertest.Pair(t)
	c := NewConn(far, nil)
	t.Cleanup(func() { near.Close(); c.Finish(false) })
	return c, near
}

// A connection is gone when its peer has reset it and all is read: not when that
// has only ended its own direction, and not before.
func TestGone(t *testing.T) {
	for name, reset := range map[string]bool{"FIN": false, "RST": true} {
		t.Run(name, func(t *testing.T) {
			c, peer := pair(t)
			peer.Write([]byte("four"))
			b := make([]byte, 3)
			if _, err := io.ReadFull(c.Conn, b); err != nil {
				t.Fatal(err)
			}
			if c.Gone() {
				t.Error("it is gone while its peer is there")
			}
			if reset {
				peer.SetLinger(0)
				peer.Close()
			} else {
				peer.CloseWrite()
			}
			if c.Gone() {
				t.Error("it is gone while a byte is left")
			}
			io.ReadAll(c.Conn)
			if c.Gone() != reset {
				t.Errorf("all is read, and gone is %v", !reset)
			}
		})
	}
}
