//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package exec

import (
	"os"

	"golang.org/x/sys/unix"
)

// IsTerminal reports whether f is a terminal.
func IsTerminal(f *os.File) bool {
	return control(f, func(fd int) error {
		_, err := unix.IoctlGetTermios(fd, getTermios)
		return err
	}) == nil
}

// HasColours reports whether the terminal f can show colours, as far as TERM tells.
func HasColours(*os.File) bool {
	name := os.Getenv("TERM")
	return name != "" && name != "dumb"
}
