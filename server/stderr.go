package server

import (
	"bytes"
	"errors"
	"os"
	"time"

	"wsd/server/lazyio"
)

// drainStderr logs what the backend writes to stderr, a record a line. Under
// --passstderr the client gets the lines, too.
func (s *session) drainStderr() {
	defer close(s.stderrRead)
	drainLines(s.proc.Stderr, s.passStderr)
}

func (s *session) passStderr(line []byte) {
	s.log.Info("stderr", "line", string(line))
	if s.shared == nil {
		return
	}
	f := &s.errOut
	f.addPiece(line, endOfStream) // whose "\r", if any, is gone already
	s.shared.write(f)
	f.frames, f.spare = nil, nil // stderr is quiet most of the time
}

// maxLeftover is about how much is read of stderr after the process has gone: a
// pipe holds no more, but a grandchild may write for ever.
const maxLeftover = 2 * lazyio.BufferSize

// drainLines reads stderr and calls take with each line, which is valid only
// until take returns. A line that the buffer can't hold comes in pieces: whatever
// a process writes, it never blocks on a full pipe. drainLines ends with stderr,
// or at its read deadline, once what was in the pipe by then has been read.
func drainLines(stderr *os.File, take func(line []byte)) {
	in := lazyio.NewReader(stderr, nil)
	defer in.Discard()
	err := in.Fill()
	for ; err == nil; err = in.Fill() {
		takeLines(in, take, false)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		stderr.SetReadDeadline(time.Time{}) // or fillNow would fail, too
		for left := maxLeftover; left > 0 && in.FillNow() == nil; {
			left -= len(in.Unread())
			takeLines(in, take, false)
		}
	}
	takeLines(in, take, true)
}

// takeLines takes the whole lines that in holds, and what is left if that is
// the end or the buffer is full.
func takeLines(in *lazyio.Reader, take func(line []byte), end bool) {
	for {
		b := in.Unread()
		n := bytes.IndexByte(b, '\n')
		switch {
		case n >= 0:
			take(trimCR(b[:n]))
			in.Use(n + 1)
		case end && len(b) > 0:
			take(b)
			in.Use(len(b))
		case in.Full():
			n = wholeRunes(b)
			take(b[:n])
			in.Use(n)
		default:
			return
		}
	}
}
