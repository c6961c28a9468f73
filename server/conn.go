package server

import (
	"bufio"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// libraryBuffer is the smallest buffer that bufio allows. The library parses
// the header of a frame out of it; see conn.Read.
const libraryBuffer = 16

// maxControlFrame is the size of the largest control frame of a server: two
// bytes of header and 125 of payload (RFC 6455 5.5).
const maxControlFrame = 2 + 125

// directRead is from how many bytes on a read goes past the buffer.
const directRead = bufferSize / 4

// errCloseSent is returned by writeFrames after a close frame: nothing may
// follow it (RFC 6455 5.5.1).
var errCloseSent = errors.New("a close frame has been sent")

// conn is the connection below the WebSocket library. It gathers what is read
// and what is written, so that one system call carries many messages:
//
// Reading belongs to the receiving goroutine, which takes whole messages from
// the buffer by itself and lets the library read everything else through Read.
// Data is written by writeFrames; the library's own frames are control frames,
// and control keeps them out of the middle of a batch.
type conn struct {
	net.Conn
	in         *idleReader
	beforeWait func()        // called before each read that may block
	reads      atomic.Uint64 // counts reads that brought something: a sign of life

	wmu       sync.Mutex    // held while frames are written
	closeSent bool          // guarded by wmu
	writes    atomic.Uint64 // counts finished writes

	control control
	writers sync.WaitGroup // goroutines that write control frames
}

// newConn makes a conn of a hijacked connection. early is what has been read
// from it already.
func newConn(nc net.Conn, early []byte) *conn {
	return &conn{Conn: nc, in: newIdleReader(nc, early), beforeWait: func() {}}
}

// readWriter is what the library reads and writes the conn through.
func (c *conn) readWriter() *bufio.ReadWriter {
	return bufio.NewReadWriter(
		bufio.NewReaderSize(c, libraryBuffer),
		bufio.NewWriterSize(c, maxControlFrame), // a control frame reaches Write in one piece
	)
}

// fill reads more bytes for in; see idleReader.fill.
func (c *conn) fill() error {
	c.beforeWait()
	if err := c.in.fill(); err != nil {
		return err
	}
	c.reads.Add(1)
	return nil
}

// Read serves the library. It wants single bytes of headers and larger pieces of
// payloads; a short read is given a single byte, so that the library's buffer
// never runs ahead into the next frame, which may be ours to take.
func (c *conn) Read(p []byte) (int, error) {
	if len(p) <= libraryBuffer {
		p = p[:min(1, len(p))]
	}
	return c.read(p)
}

// read reads at least one byte: what has been read before, or what one read of
// the socket brings. A large piece is read to where it is wanted, without the
// detour over the buffer.
func (c *conn) read(p []byte) (int, error) {
	if len(c.in.unread()) == 0 && len(p) >= directRead {
		c.beforeWait()
		n, err := c.Conn.Read(p)
		if n > 0 {
			c.reads.Add(1)
			err = nil
		}
		return n, err
	}
	if len(c.in.unread()) == 0 {
		if err := c.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, c.in.unread())
	c.in.use(n)
	return n, nil
}

// writeFrames writes whole data frames and blocks until the socket has taken
// them: that is the back-pressure.
func (c *conn) writeFrames(b []byte) error {
	c.wmu.Lock()
	err := error(errCloseSent)
	if !c.closeSent {
		_, err = c.Conn.Write(b)
		c.writes.Add(1)
	}
	c.wmu.Unlock()
	c.flushControl()
	return err
}

// Write takes a control frame from the library. It never blocks: the library
// drops a connection on which a pong can't be written within five seconds, but
// a client may well be slower than that at reading what comes before the pong.
func (c *conn) Write(p []byte) (int, error) {
	c.control.put(p)
	c.writers.Go(c.flushControl) // ends when the socket has taken it or is closed; finish waits for it
	return len(p), nil
}

// ping sends a ping without waiting for anything.
func (c *conn) ping() {
	c.control.put([]byte{finBit | opPing, 0})
	c.writers.Go(c.flushControl)
}

// sendClose sends a close frame, unless one has been sent, after the batch that
// is being written now. It gives up at the write deadline.
func (c *conn) sendClose(code closeCode, reason string) {
	c.control.put(closeFrame(code, reason))
	c.wmu.Lock()
	c.writeControl()
	c.wmu.Unlock()
}

// flushControl writes the waiting control frames, unless frames are being
// written: whoever writes those calls flushControl after them.
func (c *conn) flushControl() {
	for c.control.waiting() && c.wmu.TryLock() {
		c.writeControl()
		c.wmu.Unlock()
	}
}

// writeControl writes the waiting control frames. c.wmu is held.
func (c *conn) writeControl() {
	frames, last := c.control.take()
	if c.closeSent || len(frames) == 0 {
		return
	}
	c.closeSent = last
	c.Conn.Write(frames)
}

// Close serves the library, which calls it when it has read the last frame or
// met a fault. The socket stays open: the session closes it by finish, in an
// order in which nothing that was sent gets lost.
func (c *conn) Close() error { return nil }

// finish closes the socket and waits for what still writes to it. When the
// client has not been seen to end the connection itself, its last bytes are
// read first, for at most linger: closing with unread bytes would make the kernel
// send RST, and the client's throw away the close frame before it is read.
func (c *conn) finish(linger time.Duration) {
	c.wmu.Lock()
	c.writeControl()
	c.wmu.Unlock()
	if linger > 0 {
		c.lingerFor(linger)
	}
	c.Conn.Close()
	c.writers.Wait()
	c.in.discard()
}

func (c *conn) lingerFor(d time.Duration) {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
	c.Conn.SetReadDeadline(time.Now().Add(d))
	b := takeBuffer()
	defer returnBuffer(b)
	for {
		if _, err := c.Conn.Read(b[:]); err != nil {
			return
		}
	}
}
