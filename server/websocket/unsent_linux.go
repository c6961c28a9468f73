package websocket

import (
	"crypto/tls"

	"golang.org/x/sys/unix"

	"wsd/server/lazyio"
)

// Unsent is how many bytes the kernel holds that were written to the connection
// and that the peer's has not acknowledged; 0 also when that is not known.
func (c *Conn) Unsent() int {
	nc := c.Conn
	if t, ok := nc.(*tls.Conn); ok {
		nc = t.NetConn()
	}
	raw := lazyio.RawConn(nc)
	if raw == nil {
		return 0
	}
	n := 0
	raw.Control(func(fd uintptr) { n, _ = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) })
	return n
}
