package server

import (
	"errors"
	"io/fs"
	"math"
	"syscall"
)

// socketModes says that the permissions of a Unix socket's file mean nothing here:
// the folder's access list decides.
const socketModes = false

func withMode(_ fs.FileMode, bind func() error) error { return bind() }

// openFiles is how many files the process may have open: there is no such limit.
func openFiles() int { return math.MaxInt32 }

// The errors of socket calls that have advice of their own. They are Winsock's: the
// constants of package syscall with Unix names are invented and never come from the
// system.
const (
	errAddressInUse   = syscall.Errno(10048) // WSAEADDRINUSE
	errAddressNotHere = syscall.Errno(10049) // WSAEADDRNOTAVAIL
	errRefused        = syscall.Errno(10061) // WSAECONNREFUSED
)

// isPermission also recognizes Winsock's code, which fs.ErrPermission does not
// stand for.
func isPermission(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.WSAEACCES)
}
