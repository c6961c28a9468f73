// Package line carries lines of JSON between a backend and its client: stdin with
// limits on length and pace, stdout with a limit on the queue.
package line

import (
	"bufio"
	"errors"
	"io"
	"time"
)

// Max is the length of the longest line, in bytes, without its newline.
const Max = 64 << 10

// A client may send burst lines at once, and then one in each interval. The rest
// waits in the pipe, and in the end at the client.
const (
	burst    = 200
	interval = 10 * time.Millisecond
)

// Line is one line of stdin, without its newline, or the error for one that was
// too long. Text belongs to the receiver.
type Line struct {
	Text []byte
	Err  *Error
}

// Read returns the lines of r, at the pace of a client at most. The channel is
// closed at the end of r. Read's goroutine ends with r, or when quit is closed
// and the pending read has returned.
func Read(r io.Reader, quit <-chan struct{}) <-chan Line {
	lines := make(chan Line)
	go func() {
		defer close(lines)
		buffered := bufio.NewReaderSize(r, Max+1)
		var next pace
		for {
			line, err := read(buffered)
			if err != nil {
				return
			}
			if len(line.Text) == 0 && line.Err == nil {
				continue
			}
			time.Sleep(next.wait(time.Now()))
			select {
			case lines <- line:
			case <-quit:
				return
			}
		}
	}()
	return lines
}

// read returns the next line. It drops a line that does not fit into the buffer.
// The last line needs no newline.
func read(r *bufio.Reader) (Line, error) {
	text, err := r.ReadSlice('\n')
	long := errors.Is(err, bufio.ErrBufferFull)
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = r.ReadSlice('\n')
	}
	switch {
	case long:
		return Line{Err: &Error{Code: "too-long", Message: "the line is longer than 65536 bytes"}}, nil
	case err != nil && len(text) == 0:
		return Line{}, err
	case err == nil:
		text = text[:len(text)-1]
	}
	return Line{Text: append([]byte(nil), text...)}, nil
}

// pace is the time before which the next line is early.
type pace time.Time

// wait counts a line that came at now, and returns how early it is.
func (p *pace) wait(now time.Time) time.Duration {
	due := time.Time(*p)
	if full := now.Add(-burst * interval); due.Before(full) {
		due = full
	}
	due = due.Add(interval)
	*p = pace(due)
	return max(0, due.Sub(now))
}
