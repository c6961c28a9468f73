//go:build unix

package server

import (
	"errors"
	"io/fs"
	"math"
	"syscall"
)

// socketModes says that the permissions of a Unix socket's file matter here.
const socketModes = true

// withMode calls bind so that the socket it makes has the permissions mode; 0
// leaves them to the umask. The umask belongs to the whole process: it is changed
// for that moment only, and any other file made then gets no more permissions than
// the socket.
func withMode(mode fs.FileMode, bind func() error) error {
	if mode == 0 {
		return bind()
	}
	defer syscall.Umask(syscall.Umask(0o777 &^ int(mode.Perm())))
	return bind()
}

// openFiles is how many files the process may have open.
func openFiles() int {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return math.MaxInt32
	}
	return int(min(uint64(limit.Cur), math.MaxInt32))
}

// The errors of socket calls that have advice of their own.
const (
	errAddressInUse   = syscall.EADDRINUSE
	errAddressNotHere = syscall.EADDRNOTAVAIL
	errRefused        = syscall.ECONNREFUSED
)

func isPermission(err error) bool { return errors.Is(err, fs.ErrPermission) }
