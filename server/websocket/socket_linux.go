package websocket

import (
	"crypto/tls"
	"net"
	"syscall"

	"golang.org/x/sys/unix"

	"wsd/server/lazyio"
)

// socket returns a connection's descriptor, below TLS if there is any; nil if it has
// none.
func socket(nc net.Conn) syscall.RawConn {
	if t, ok := nc.(*tls.Conn); ok {
		nc = t.NetConn()
	}
	return lazyio.RawConn(nc)
}

// FlowOf asks the kernel about the sent bytes of a connection.
func FlowOf(nc net.Conn) (f Flow) {
	raw := socket(nc)
	if raw == nil {
		return f
	}
	raw.Control(func(fd uintptr) {
		f.Unsent, _ = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ)
		if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			f.Acked, f.Window = info.Bytes_acked, info.Snd_wnd
		}
	})
	return f
}

// Gone reports whether the connection has ended in both directions, for example by a
// reset or a timeout, and the socket holds nothing more to be read.
func (c *Conn) Gone() (gone bool) {
	raw := socket(c.Conn)
	if raw == nil {
		return false
	}
	raw.Control(func(fd uintptr) {
		poll := []unix.PollFd{{Fd: int32(fd)}}
		if n, err := unix.Poll(poll, 0); n <= 0 || err != nil || poll[0].Revents&unix.POLLHUP == 0 {
			return
		}
		unread, err := unix.IoctlGetInt(int(fd), unix.TIOCINQ)
		gone = err == nil && unread == 0
	})
	return gone
}
