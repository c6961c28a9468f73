//go:build unix

package server

import (
	"errors"
	"io/fs"
	"syscall"
)

// The errors of the socket calls that get advice of their own.
const (
	errAddressInUse   = syscall.EADDRINUSE
	errAddressNotHere = syscall.EADDRNOTAVAIL
	errRefused        = syscall.ECONNREFUSED
)

func isPermission(err error) bool { return errors.Is(err, fs.ErrPermission) }
