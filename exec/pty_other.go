//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package exec

import (
	"errors"
	"io"
)

// PTYSupported reports whether Command.PTY can be used.
const PTYSupported = false

func openTerminal() (*streams, error) { return nil, ErrNoPTY }

func (in *Input) writeTerminal([]byte) (int, error) { return 0, ErrNoPTY }

func (in *Input) endTerminal() error { return ErrNoPTY }

// IsEOF reports whether an error from reading Stdout means that no more will
// come.
func IsEOF(err error) bool { return errors.Is(err, io.EOF) }
