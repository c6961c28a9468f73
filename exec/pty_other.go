//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package exec

import (
	"errors"
	"io"
	"os"
)

// PTYSupported reports whether Command.PTY can be used.
const PTYSupported = false

func openTerminal() (*streams, error) { return nil, ErrNoPTY }

func endTerminalInput(*os.File) error { return ErrNoPTY }

// IsEOF reports whether an error from reading Stdout means that no more will
// come.
func IsEOF(err error) bool { return errors.Is(err, io.EOF) }
