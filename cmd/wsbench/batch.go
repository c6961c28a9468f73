package main

import (
	"bytes"
	"fmt"
	"io"
	"sync/atomic"

	"wsd/cmd/internal/client"
	"wsd/server/websocket"
)

// batchBytes is roughly how much text a batch holds: what one write carries.
const batchBytes = 64 << 10

// endText is the message after the last one that is counted; no text of a batch
// ends like it.
const endText = "end"

// batch is a run of messages of one size, each with its number in it. It is built
// once, then sent or expected over and over: message i of a stream is text i modulo
// count. The backend and the client build the same batch.
type batch struct {
	size  int    // bytes in a message
	count int    // messages
	lines []byte // the messages as lines
	plain []byte // the messages as frames from a server
	mask  []byte // the messages as frames from a client
}

// newBatch makes a batch of messages of size bytes. There are at least two, so that
// one that comes twice or not at all is noticed.
func newBatch(size int) *batch {
	b := &batch{size: size, count: max(2, batchBytes/max(size, 1))}
	const first = websocket.FinBit | websocket.OpText
	for i := range b.count {
		text := appendText(nil, i, size)
		b.lines = append(append(b.lines, text...), '\n')
		b.plain = append(websocket.AppendHeader(b.plain, first, size), text...)
		b.mask = client.AppendMasked(b.mask, first, text)
	}
	return b
}

// appendText appends message number i: the number, then the alphabet, which begins
// at another letter in each message, cut at size bytes.
func appendText(b []byte, i, size int) []byte {
	end := len(b) + size
	b = fmt.Appendf(b, "%06d", i)
	for j := i; len(b) < end; j++ {
		b = append(b, 'a'+byte(j%26))
	}
	return b[:end]
}

// text is message number i of the batch.
func (b *batch) text(i int) []byte {
	return b.lines[i*(b.size+1):][:b.size]
}

// sendFrames writes the first n messages of the stream as a client's frames.
// sent, unless it is nil, counts them as they go.
func (b *batch) sendFrames(w io.Writer, n int, sent *atomic.Int64) error {
	return b.repeat(w, b.mask, n, sent)
}

// sendLines writes the first n messages of the stream as lines.
func (b *batch) sendLines(w io.Writer, n int) error {
	return b.repeat(w, b.lines, n, nil)
}

// repeat writes all, which is the whole batch in one form, until n messages are
// written.
func (b *batch) repeat(w io.Writer, all []byte, n int, sent *atomic.Int64) error {
	each := len(all) / b.count
	for n > 0 {
		now := min(n, b.count)
		if _, err := w.Write(all[:now*each]); err != nil {
			return err
		}
		n -= now
		if sent != nil {
			sent.Add(int64(now))
		}
	}
	return nil
}

// expected is a stream of messages that should arrive, and how much of it has.
type expected struct {
	*batch
	n     int           // messages in the stream
	done  *atomic.Int64 // counts those that came; may be nil
	got   int           // whole messages that came
	next  int           // the next one's number in the batch
	taken int           // bytes of the next one that came
}

// receive takes the messages that are still to come, and compares every byte.
func (e *expected) receive(c *client.Conn) error {
	for e.got < e.n {
		before := e.got
		e.takeWhole(c)
		if e.got < e.n {
			p, last, err := c.Piece()
			if err != nil {
				return fmt.Errorf("after %d of %d messages: %w", e.got, e.n, err)
			}
			if err := e.take(p, last); err != nil {
				return err
			}
		}
		if e.done != nil {
			e.done.Add(int64(e.got - before))
		}
	}
	return nil
}

// takeWhole takes messages that are one frame and have arrived in full, as nearly
// all do.
func (e *expected) takeWhole(c *client.Conn) {
	size := len(e.plain) / e.count
	for e.taken == 0 && e.got < e.n && c.Took(e.plain[e.next*size:(e.next+1)*size]) {
		e.step()
	}
}

// take compares p, which continues where the last piece ended.
func (e *expected) take(p []byte, last bool) error {
	rest := e.text(e.next)[e.taken:]
	if !bytes.HasPrefix(rest, p) || last && len(p) < len(rest) {
		return client.Wrongf("message %d is not the one expected", e.got)
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
