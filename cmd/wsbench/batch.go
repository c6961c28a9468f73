package main

import (
	"fmt"
	"io"
	"sync/atomic"
)

// batchBytes is how much text a batch holds, roughly: what one write carries.
const batchBytes = 64 << 10

// endText is the message after the last one of a count; no text of a batch
// ends like it.
const endText = "end"

// batch is a run of messages of one size, each with its number in it. It is
// built once, then sent or expected over and over: message i of a stream is
// text i modulo the batch. The backend and the client build the same.
type batch struct {
	size  int    // bytes in a message
	count int    // messages
	lines []byte // the messages as lines
	plain []byte // the messages as frames from a server
	mask  []byte // the messages as frames from a client
}

// newBatch makes a batch of messages of size bytes. Two at least, so that a
// message that comes twice or not at all is seen.
func newBatch(size int) *batch {
	b := &batch{size: size, count: max(2, batchBytes/max(size, 1))}
	for i := range b.count {
		text := appendText(nil, i, size)
		b.lines = append(append(b.lines, text...), '\n')
		b.plain = appendFrame(b.plain, opText, text)
		b.mask = appendMasked(b.mask, opText, text)
	}
	return b
}

// appendText adds message number i: the number, then the alphabet from another
// letter on each time, cut at size bytes.
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
// sent, when not nil, counts them as they go.
func (b *batch) sendFrames(w io.Writer, n int, sent *atomic.Int64) error {
	return b.repeat(w, b.mask, n, sent)
}

// sendLines writes the first n messages of the stream as lines.
func (b *batch) sendLines(w io.Writer, n int) error {
	return b.repeat(w, b.lines, n, nil)
}

// repeat writes all, which holds the whole batch in one form or another, until
// n messages are out.
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
