//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package exec

import "golang.org/x/sys/unix"

const (
	getTermios = unix.TIOCGETA
	setTermios = unix.TIOCSETA

	noKey = 0xff // _POSIX_VDISABLE
)
