package exec

import (
	"bytes"
	"errors"
	"os"
	"time"
)

// Input is the writing end of a process's stdin. Write and Close may be called
// from different goroutines.
type Input struct {
	// Lines says that what is written are lines, so that an EOF may follow the last
	// byte of one. Otherwise it may only follow the end of a Write. It is set before
	// the first Write.
	Lines bool

	file     *os.File
	terminal bool // file is shared with stdout and can't be closed by itself

	turn   chan struct{} // holds a token while a Write or Close is in progress
	closed bool          // guarded by turn, as is the rest
	cut    bool          // the process has been given a part of something
	owed   []byte        // what a Write to a terminal still has to type
}

func newInput(file *os.File, terminal bool) *Input {
	return &Input{file: file, terminal: terminal, turn: make(chan struct{}, 1)}
}

// Write blocks until the process's pipe has taken all of b: that is the
// back-pressure. It returns os.ErrClosed after Close, and EPIPE when the process
// has closed its stdin, which is no reason to end a session.
func (in *Input) Write(b []byte) (int, error) {
	in.turn <- struct{}{}
	defer in.release()
	if in.closed {
		return 0, os.ErrClosed
	}
	write := in.file.Write
	if in.terminal {
		write = in.writeTerminal
	}
	n, err := write(b)
	switch {
	case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
		in.cut = false // nobody reads it
	case !in.Lines:
		in.cut = err != nil
	case n > 0:
		in.cut = b[n-1] != '\n'
	}
	return n, err
}

// WriteWithin is Write for a client that is gone: it goes on while the process
// keeps taking something, and gives up when it takes nothing within patience.
func (in *Input) WriteWithin(patience time.Duration, b []byte) error {
	for {
		err := in.file.SetWriteDeadline(time.Now().Add(patience))
		if errors.Is(err, os.ErrNoDeadline) {
			return in.writeAside(patience, bytes.Clone(b))
		}
		n, err := in.Write(b)
		if b = b[n:]; n == 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
	}
}

// writeAside gives up after patience where Write itself can't.
func (in *Input) writeAside(patience time.Duration, b []byte) error {
	result := make(chan error, 1)
	go func() { // ends when the process has taken b or has ended, or by Close; nobody waits for it
		_, err := in.Write(b)
		result <- err
	}()
	select {
	case err := <-result:
		return err
	case <-time.After(patience):
		return os.ErrDeadlineExceeded
	}
}

// hurry ends a Write in progress.
func (in *Input) hurry() { in.file.SetWriteDeadline(time.Now()) }

// Close gives the process its EOF. A Write in progress may still finish within
// patience; what has not been taken by then is lost, and Close returns. There is no
// EOF, and the error is os.ErrDeadlineExceeded, when half a message would pass for
// the last one, and when a terminal is full even then.
func (in *Input) Close(patience time.Duration) error {
	if !in.interrupt(patience) {
		return in.abandon()
	}
	defer in.release()
	if in.closed {
		return nil
	}
	in.closed = true
	if in.cut {
		return os.ErrDeadlineExceeded
	}
	if in.terminal {
		return in.endTerminal()
	}
	return in.file.Close()
}

// interrupt takes the turn once a Write in progress has ended, and makes it end
// after patience. Where it can't, it returns false and does not have the turn.
func (in *Input) interrupt(patience time.Duration) bool {
	if err := in.file.SetWriteDeadline(time.Now().Add(patience)); !errors.Is(err, os.ErrNoDeadline) {
		in.turn <- struct{}{}
		return true
	}
	// No poller watches this file: a pipe on Windows, a terminal on macOS.
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case in.turn <- struct{}{}:
		return true
	case <-timer.C:
		return false
	}
}

// abandon gives up on a Write that has no deadline. If the file serves stdin alone,
// closing it cancels the Write and is the EOF.
func (in *Input) abandon() error {
	if in.terminal {
		return os.ErrDeadlineExceeded
	}
	return in.file.Close()
}

func (in *Input) release() { <-in.turn }
