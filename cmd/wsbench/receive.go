package main

import (
	"bytes"
	"fmt"
)

// wrongError is an answer that is not what the server should have sent.
type wrongError struct{ what string }

func (e *wrongError) Error() string { return "wrong: " + e.what }

func wrongf(format string, args ...any) error {
	return &wrongError{what: fmt.Sprintf(format, args...)}
}

// expected is a stream of messages that should arrive, and how much of it has.
type expected struct {
	*batch
	n     int // messages in the stream
	got   int // whole messages that came
	next  int // the next one's number in the batch
	taken int // bytes of the next one that came
}

// receive takes the messages that e still lacks and compares every byte.
func (c *conn) receive(e *expected) error {
	for e.got < e.n {
		before := e.got
		c.takeWhole(e)
		if e.got < e.n {
			p, last, err := c.piece()
			if err != nil {
				return fmt.Errorf("after %d of %d messages: %w", e.got, e.n, err)
			}
			if err := e.take(p, last); err != nil {
				return err
			}
		}
		c.done.Add(int64(e.got - before))
	}
	return nil
}

// takeWhole takes the messages at the front of the buffer that are one frame
// each and came in full, as nearly all do: one comparison for header and text.
func (c *conn) takeWhole(e *expected) {
	if c.left > 0 || c.inMessage || e.taken > 0 {
		return
	}
	size := len(e.plain) / e.count
	for e.got < e.n && c.w-c.r >= size {
		if !bytes.Equal(c.buf[c.r:c.r+size], e.plain[e.next*size:(e.next+1)*size]) {
			return
		}
		c.r += size
		e.step()
	}
}

// take compares p, which goes on where the last piece ended.
func (e *expected) take(p []byte, last bool) error {
	rest := e.text(e.next)[e.taken:]
	if !bytes.HasPrefix(rest, p) || last && len(p) < len(rest) {
		return wrongf("message %d is not what it should be", e.got)
	}
	e.taken += len(p)
	if last {
		e.taken = 0
		e.step()
	}
	return nil
}

func (e *expected) step() {
	e.got++
	e.next++
	if e.next == e.count {
		e.next = 0
	}
}
