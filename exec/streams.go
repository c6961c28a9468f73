package exec

import (
	"cmp"
	"errors"
	"os"
)

// ErrNoPTY is returned by Start for a Command with PTY set on a platform that
// has no pseudo-terminals.
var ErrNoPTY = errors.New("this platform has no pseudo-terminals")

// streams are the two ends of a process's standard streams: the child's stdin,
// stdout and stderr, and the ends that stay here.
type streams struct {
	child                 [3]*os.File
	stdin, stdout, stderr *os.File
}

func (c *Command) openStreams() (*streams, error) {
	if c.PTY {
		return openTerminal()
	}
	return openPipes()
}

// The end of a pipe that stays here; the other one is the child's.
const (
	reads  = 0
	writes = 1
)

func openPipes() (*streams, error) {
	s := &streams{}
	var errIn, errOut, errErr error
	s.child[0], s.stdin, errIn = openPipe(writes)
	s.stdout, s.child[1], errOut = openPipe(reads)
	s.stderr, s.child[2], errErr = openPipe(reads)
	if err := cmp.Or(errIn, errOut, errErr); err != nil {
		closeFiles(s.child[0], s.child[1], s.child[2], s.stdin, s.stdout, s.stderr)
		return nil, err
	}
	return s, nil
}

func closeFiles(files ...*os.File) {
	for _, f := range files {
		if f != nil {
			f.Close()
		}
	}
}
