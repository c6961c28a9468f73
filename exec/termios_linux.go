package exec

import "golang.org/x/sys/unix"

const (
	getTermios = unix.TCGETS
	setTermios = unix.TCSETS

	noKey = 0 // _POSIX_VDISABLE
)
