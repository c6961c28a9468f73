package server

import (
	"io"
	"os"
	"syscall"
)

// idleReader reads from a pipe or a socket and keeps what was read until it is
// used. It borrows a buffer when bytes are there and returns it when all are
// used and no more have come, so that waiting costs no memory. It belongs to
// one goroutine.
type idleReader struct {
	source io.Reader
	raw    syscall.RawConn // source's descriptor; nil when it can't be waited on

	small []byte // what to wait with when there is no descriptor; see read
	more  bool   // small came back full

	buf        *buffer // nil while nothing is unread
	start, end int     // the unread bytes are buf.body()[start:end]

	n       int                // what attempt read
	err     error              // how attempt failed
	attempt func(uintptr) bool // readAvailable, bound once: a closure a read would be an allocation a read
}

// newIdleReader reads from source. One that has a descriptor for the runtime's
// poller is waited on without a buffer. unread is what somebody has read before.
func newIdleReader(source io.Reader, unread []byte) *idleReader {
	r := &idleReader{source: source}
	r.raw = pollable(source)
	if r.raw == nil {
		r.small = make([]byte, 512)
	}
	r.attempt = r.readAvailable
	if len(unread) > 0 {
		r.buf = takeBuffer()
		r.end = copy(r.buf.body(), unread)
	}
	return r
}

// unread returns the bytes that have been read and not used yet. They stay
// valid until the next fill.
func (r *idleReader) unread() []byte {
	if r.buf == nil {
		return nil
	}
	return r.buf.body()[r.start:r.end]
}

// frame returns the first n unread bytes as a frame, made where they lie: the
// header takes the place in front of them. first is the header's first byte.
// Nothing of the buffer has been used before.
func (r *idleReader) frame(first byte, n int) []byte {
	h := putHeader(r.buf[:headroom], first, n)
	return r.buf[headroom-h : headroom+n]
}

// full reports that fill can't bring more before some of the bytes are used.
func (r *idleReader) full() bool { return r.end-r.start == bufferSize }

// use marks the first n unread bytes as used.
func (r *idleReader) use(n int) {
	r.start += n
	if r.start == r.end {
		r.start, r.end = 0, 0
		if r.raw == nil {
			r.release() // with a descriptor, the next fill sees whether to
		}
	}
}

// fill blocks until at least one more byte has been read behind the unread
// ones. It is not called when the reader is full. The end of the stream is
// io.EOF; unread bytes stay readable after an error.
func (r *idleReader) fill() error {
	r.moveUp()
	r.n, r.err = 0, nil
	if r.raw == nil {
		r.read()
	} else if err := r.raw.Read(r.attempt); err != nil {
		r.release()
		return err
	}
	return r.took()
}

// read reads from a source that can't be waited on, such as a TLS connection.
// It waits with a small buffer of its own; only when that came back full, and
// more is likely to be there already, does it read into a borrowed one.
func (r *idleReader) read() {
	if r.buf != nil || r.more {
		r.borrow()
		r.n, r.err = r.source.Read(r.buf.body()[r.end:])
		r.more = false
		return
	}
	r.n, r.err = r.source.Read(r.small)
	r.more = r.n == len(r.small)
	if r.n > 0 {
		r.borrow()
		copy(r.buf.body(), r.small[:r.n])
	}
}

// fillNow is fill without waiting: when nothing has come it returns
// os.ErrDeadlineExceeded. Only a source with a descriptor can tell.
func (r *idleReader) fillNow() error {
	if r.raw == nil || r.full() {
		return os.ErrDeadlineExceeded
	}
	came := false
	r.moveUp()
	r.n, r.err = 0, nil
	if err := r.raw.Read(func(fd uintptr) bool { came = r.readAvailable(fd); return true }); err != nil {
		return err
	}
	if !came {
		return os.ErrDeadlineExceeded
	}
	return r.took()
}

// moveUp moves the unread bytes to the front, where all the free space is behind
// them.
func (r *idleReader) moveUp() {
	if r.start > 0 {
		body := r.buf.body()
		r.end = copy(body, body[r.start:r.end])
		r.start = 0
	}
}

// took accounts for what readAvailable has read.
func (r *idleReader) took() error {
	r.end += r.n
	if r.n > 0 {
		return nil
	}
	r.release()
	if r.err != nil {
		return r.err
	}
	return io.EOF
}

func (r *idleReader) borrow() {
	if r.buf == nil {
		r.buf = takeBuffer()
	}
}

// release returns the buffer when nothing in it is unread.
func (r *idleReader) release() {
	if r.buf != nil && r.start == r.end {
		returnBuffer(r.buf)
		r.buf, r.start, r.end = nil, 0, 0
	}
}

// discard returns the buffer whatever is in it. The reader is not used again.
func (r *idleReader) discard() {
	r.start = r.end
	r.release()
}
