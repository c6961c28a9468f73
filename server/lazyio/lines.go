package lazyio

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"time"
	"unicode/utf8"
)

// maxLeftover is about how many bytes of a stream are read after its read
// deadline: a pipe holds no more, but a grandchild may go on writing for ever.
const maxLeftover = 2 * BufferSize

// LevelStderr is the level of log records that are lines of a program's stderr. How
// serious they are only the program knows: a log of errors has them, too.
const LevelStderr = slog.LevelError - 1

// DrainLines reads a process's stream and calls take with each line, without its
// line end. The line is valid only until take returns. A line that the buffer
// can't hold comes in pieces: whatever a process writes, it never blocks on a
// full pipe. DrainLines ends with the stream, or at its read deadline, once what
// was in the pipe by then has been read.
func DrainLines(stream *os.File, take func(line []byte)) {
	in := NewReader(stream, nil)
	defer in.Discard()
	err := in.Fill()
	for ; err == nil; err = in.Fill() {
		takeLines(in, take, false)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		stream.SetReadDeadline(time.Time{}) // or FillNow would fail, too
		for left := maxLeftover; left > 0 && in.FillNow() == nil; {
			left -= len(in.Unread())
			takeLines(in, take, false)
		}
	}
	takeLines(in, take, true)
}

// takeLines calls take with the whole lines that in holds, and with what is left
// at the end of the stream or when the buffer is full.
func takeLines(in *Reader, take func(line []byte), end bool) {
	for {
		b := in.Unread()
		n := bytes.IndexByte(b, '\n')
		switch {
		case n >= 0:
			take(TrimCR(b[:n]))
			in.Use(n + 1)
		case end && len(b) > 0:
			take(b)
			in.Use(len(b))
		case in.Full():
			n = WholeRunes(b)
			take(b[:n])
			in.Use(n)
		default:
			return
		}
	}
}

// TrimCR removes the "\r" from the end of a line that ended with "\r\n".
func TrimCR(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		return line[:n-1]
	}
	return line
}

// WholeRunes returns the length of b without an unfinished character at its end,
// whose other bytes may still come. Bytes that are invalid whatever follows count
// as finished.
func WholeRunes(b []byte) int {
	for i := len(b) - 1; i >= 0 && i >= len(b)-utf8.UTFMax+1; i-- {
		if utf8.RuneStart(b[i]) {
			if !utf8.FullRune(b[i:]) {
				return i
			}
			break
		}
	}
	return len(b)
}
