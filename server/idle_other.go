//go:build !unix

package server

import (
	"io"
	"syscall"
)

// pollable is never possible here: every source is read by blocking.
func pollable(io.Reader) syscall.RawConn { return nil }

func (r *idleReader) readAvailable(uintptr) bool { return true }
