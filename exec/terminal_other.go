//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly || windows)

package exec

import "os"

// IsTerminal reports false: it can't tell on this platform.
func IsTerminal(*os.File) bool { return false }

// HasColours reports false: it can't tell on this platform.
func HasColours(*os.File) bool { return false }
