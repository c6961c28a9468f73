//go:build unix

package lazyio

import (
	"io"
	"net"
	"os"
	"syscall"
)

// RawConn returns the descriptor of a TCP or Unix socket or of a file, whose
// readiness the runtime's poller can wait for; nil for anything else, notably a
// TLS connection, where a readable socket does not mean readable data.
func RawConn(source io.Reader) syscall.RawConn {
	var conn syscall.Conn
	switch s := source.(type) {
	case *net.TCPConn:
		conn = s
	case *net.UnixConn:
		conn = s
	case *os.File:
		conn = s
	default:
		return nil
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// readAvailable reads once without waiting, and reports false when nothing was
// there. The poller calls it again when something is.
func (r *Reader) readAvailable(fd uintptr) bool {
	r.borrow()
	for {
		n, err := syscall.Read(int(fd), r.buf.Body()[r.end:])
		switch err {
		case nil:
			r.n = n
			return true
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			r.release()
			return false
		default:
			r.err = err
			return true
		}
	}
}
