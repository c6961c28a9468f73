//go:build unix

package session

import (
	"net"

	"golang.org/x/sys/unix"
)

// full reports whether the kernel would take no more for a socket now.
func full(c net.Conn) bool {
	raw, err := c.(*net.TCPConn).SyscallConn()
	if err != nil {
		return true
	}
	writable := false
	raw.Control(func(fd uintptr) {
		poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
		n, _ := unix.Poll(poll, 0)
		writable = n > 0
	})
	return !writable
}
