package server

import (
	"crypto/tls"
	"net"

	"wsd/server/lazyio"

	"golang.org/x/sys/unix"
)

// unsent is how many bytes the kernel holds that were written to the connection
// and that the client's has not acknowledged; 0 also when that is not known.
func unsent(nc net.Conn) int {
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
