//go:build !unix

package lazyio

import (
	"io"
	"syscall"
)

// RawConn is never possible here: every source is read by blocking.
func RawConn(io.Reader) syscall.RawConn { return nil }

func (r *Reader) readAvailable(uintptr) bool { return true }
