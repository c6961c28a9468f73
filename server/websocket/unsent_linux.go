package websocket

import (
	"crypto/tls"

	"golang.org/x/sys/unix"

	"wsd/server/lazyio"
)

// Unsent is how many bytes written to the connection the peer's kernel has not
// yet acknowledged. It is also 0 when that is not known.
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
