//go:build !unix

package lazyio

import (
	"io"
	"syscall"
)

// RawConn returns nil: on this platform every read blocks.
func RawConn(io.Reader) syscall.RawConn { return nil }

func (r *Reader) readAvailable(uintptr) bool { return true }
