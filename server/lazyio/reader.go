package lazyio

import (
	"io"
	"os"
	"syscall"
)

// Reader reads from a pipe or a socket and keeps what was read until it is
// used. It borrows a buffer when bytes are there and returns it when all are
// used and no more have come, so that waiting costs no memory. It belongs to
// one goroutine.
type Reader struct {
	source io.Reader
	raw    syscall.RawConn // source's descriptor; nil when it can't be waited on

	small []byte // what to read into while waiting without a descriptor; see read
	more  bool   // small came back full

	buf        *Buffer // nil while nothing is unread
	start, end int     // the unread bytes are buf.Body()[start:end]

	n       int                // what attempt read
	err     error              // how attempt failed
	attempt func(uintptr) bool // readAvailable, bound once: a closure per read would be an allocation per read
}

// NewReader returns a Reader of source. If that has a descriptor for the
// runtime's poller, waiting for it takes no buffer. unread is what has already
// been read from it.
func NewReader(source io.Reader, unread []byte) *Reader {
	r := &Reader{source: source}
	r.raw = RawConn(source)
	if r.raw == nil {
		r.small = make([]byte, 512)
	}
	r.attempt = r.readAvailable
	if len(unread) > 0 {
		r.buf = Take()
		r.end = copy(r.buf.Body(), unread)
	}
	return r
}

// Unread returns the bytes that have been read and not used yet. They stay
// valid until the next Fill.
func (r *Reader) Unread() []byte {
	if r.buf == nil {
		return nil
	}
	return r.buf.Body()[r.start:r.end]
}

// WithHeader returns the first n unread bytes with header in front of them, in
// one piece, without copying them. header has at most Headroom bytes, and no
// unread byte has been used since the buffer was filled.
func (r *Reader) WithHeader(header []byte, n int) []byte {
	start := Headroom - len(header)
	copy(r.buf[start:], header)
	return r.buf[start : Headroom+n]
}

// Full reports whether some bytes must be used before Fill can read more.
func (r *Reader) Full() bool { return r.end-r.start == BufferSize }

// Use marks the first n unread bytes as used.
func (r *Reader) Use(n int) {
	r.start += n
	if r.start == r.end {
		r.start, r.end = 0, 0
		if r.raw == nil {
			r.release() // with a descriptor, the next Fill does so if nothing is there
		}
	}
}

// Fill blocks until at least one more byte has been read behind the unread ones.
// It must not be called when the reader is full. The end of the stream is io.EOF;
// unread bytes stay readable after an error.
func (r *Reader) Fill() error {
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

// read reads from a source that can't be waited on, such as a TLS connection. It
// waits with a small buffer of its own; when that came back full, more is likely
// to be there already, and the next read goes into a borrowed one.
func (r *Reader) read() {
	if r.buf != nil || r.more {
		r.borrow()
		r.n, r.err = r.source.Read(r.buf.Body()[r.end:])
		r.more = false
		return
	}
	r.n, r.err = r.source.Read(r.small)
	r.more = r.n == len(r.small)
	if r.n > 0 {
		r.borrow()
		copy(r.buf.Body(), r.small[:r.n])
	}
}

// FillNow is Fill without waiting: when nothing has come it returns
// os.ErrDeadlineExceeded. So it does when the reader is full, or its source has
// no descriptor.
func (r *Reader) FillNow() error {
	if r.raw == nil || r.Full() {
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

// moveUp moves the unread bytes to the front, so that all the free space is
// behind them.
func (r *Reader) moveUp() {
	if r.start > 0 {
		body := r.buf.Body()
		r.end = copy(body, body[r.start:r.end])
		r.start = 0
	}
}

// took accounts for what has just been read.
func (r *Reader) took() error {
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

func (r *Reader) borrow() {
	if r.buf == nil {
		r.buf = Take()
	}
}

// release returns the buffer when nothing in it is unread.
func (r *Reader) release() {
	if r.buf != nil && r.start == r.end {
		Return(r.buf)
		r.buf, r.start, r.end = nil, 0, 0
	}
}

// Discard returns the buffer whatever is in it. The reader must not be used
// again.
func (r *Reader) Discard() {
	r.start = r.end
	r.release()
}
