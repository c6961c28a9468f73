//go:build unix

package server

import (
	"errors"
	"io/fs"
	"syscall"
)

// socketModes says that the file of a Unix socket has permissions that matter.
const socketModes = true

// withMode calls bind so that the socket it makes has the permissions mode; 0
// leaves them to the umask. The umask is the whole process's: it is changed for
// that moment only, and whatever else is made then gets no more permissions than
// the socket.
func withMode(mode fs.FileMode, bind func() error) error {
	if mode == 0 {
		return bind()
	}
	defer syscall.Umask(syscall.Umask(0o777 &^ int(mode.Perm())))
	return bind()
}

// The errors of the socket calls that get advice of their own.
const (
	errAddressInUse   = syscall.EADDRINUSE
	errAddressNotHere = syscall.EADDRNOTAVAIL
	errRefused        = syscall.ECONNREFUSED
)

func isPermission(err error) bool { return errors.Is(err, fs.ErrPermission) }
