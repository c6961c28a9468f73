package exec

import (
	"os"
	"sync"
	"time"
)

// Input is the writing end of a process's stdin. Write and Close may be called
// from different goroutines.
type Input struct {
	file     *os.File
	terminal bool // file is shared with stdout and has no end of its own

	mu     sync.Mutex // held while a Write is in progress
	closed bool
}

// Write blocks until the process's pipe has taken all of b: that is the
// back-pressure. It returns os.ErrClosed after Close, and EPIPE when the process
// has closed its stdin, which is no reason to end a session.
func (in *Input) Write(b []byte) (int, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return 0, os.ErrClosed
	}
	return in.file.Write(b)
}

// Close gives the process its EOF. A Write in progress may still finish within
// patience; what has not been taken by then is lost, and Close returns.
func (in *Input) Close(patience time.Duration) error {
	in.file.SetWriteDeadline(time.Now().Add(patience))
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return nil
	}
	in.closed = true
	if in.terminal {
		return endTerminalInput(in.file)
	}
	return in.file.Close()
}
