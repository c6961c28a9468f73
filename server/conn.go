package server

import (
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"wsd/server/lazyio"
)

// directRead is from how many bytes on a read goes past the buffer.
const directRead = lazyio.BufferSize / 4

// errCloseSent is returned by writeFrames after a close frame: nothing may
// follow it (RFC 6455 5.5.1).
var errCloseSent = errors.New("a close frame has been sent")

// conn is the connection of a WebSocket, once the handshake is done. It carries
// whole frames, many in one system call. Reading belongs to the receiving
// goroutine. Data frames are written by writeFrames; control frames, which come
// from elsewhere, wait until no frame is being written.
type conn struct {
	net.Conn
	in         *lazyio.Reader
	beforeWait func()        // called before each read that may block
	reads      atomic.Uint64 // counts reads that brought something: a sign of life

	wmu       sync.Mutex    // held while frames are written
	closeSent bool          // guarded by wmu
	writing   atomic.Bool   // a write is in progress
	writes    atomic.Uint64 // counts finished writes
	broken    atomic.Bool   // a write has failed

	control      controlFrames
	aboutToFlush atomic.Bool    // a goroutine has been started and not begun
	writers      sync.WaitGroup // goroutines that write control frames
}

// newConn makes a conn of a hijacked connection. early is what has been read
// from it already.
func newConn(nc net.Conn, early []byte) *conn {
	return &conn{Conn: nc, in: lazyio.NewReader(nc, early), beforeWait: func() {}}
}

// fill reads more bytes for in; see lazyio.Reader.Fill.
func (c *conn) fill() error {
	c.beforeWait()
	if err := c.in.Fill(); err != nil {
		return err
	}
	c.reads.Add(1)
	return nil
}

// read reads at least one byte: what has been read before, or what one read of
// the socket brings. A large piece is read to where it is wanted, without the
// detour over the buffer.
func (c *conn) read(p []byte) (int, error) {
	if len(c.in.Unread()) == 0 {
		if len(p) >= directRead {
			return c.readDirectly(p)
		}
		if err := c.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, c.in.Unread())
	c.in.Use(n)
	return n, nil
}

func (c *conn) readDirectly(p []byte) (int, error) {
	c.beforeWait()
	n, err := c.Conn.Read(p)
	if n == 0 {
		return 0, err
	}
	c.reads.Add(1)
	return n, nil // an error will come again
}

// writeFrames writes whole data frames and blocks until the socket has taken
// them: that is the back-pressure.
func (c *conn) writeFrames(b []byte) error {
	c.wmu.Lock()
	err := error(errCloseSent)
	if !c.closeSent {
		err = c.write(b)
	}
	c.wmu.Unlock()
	c.flushControl()
	return err
}

// write writes to the socket. c.wmu is held.
func (c *conn) write(b []byte) error {
	c.writing.Store(true)
	_, err := c.Conn.Write(b)
	c.writing.Store(false)
	c.writes.Add(1)
	if err != nil {
		c.broken.Store(true)
	}
	return err
}

// answer sends a control frame with the client's own payload. It never blocks:
// a client may be slow to read what comes before the answer.
func (c *conn) answer(op byte, payload []byte) {
	c.sendControl(append([]byte{finBit | op, byte(len(payload))}, payload...))
}

// ping sends a ping without waiting for anything.
func (c *conn) ping() { c.sendControl([]byte{finBit | opPing, 0}) }

// sendControl has a goroutine write the frame. One that is about to writes all
// that wait: ten thousand pings that come at once need no more than that.
func (c *conn) sendControl(frame []byte) {
	c.control.put(frame)
	if c.aboutToFlush.Swap(true) {
		return
	}
	c.writers.Go(func() { // ends when the socket has taken it or is closed; finish waits for it
		c.aboutToFlush.Store(false)
		c.flushControl()
	})
}

// sendControlNow writes the waiting control frames after the batch that is being
// written now. It gives up at the write deadline.
func (c *conn) sendControlNow() {
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
	c.write(frames)
}

// finish closes the socket and waits for what still writes to it. When the
// client has not been seen to end the connection itself, its last bytes are
// read first, for at most linger: closing with unread bytes would make the kernel
// send RST, and the client's throw away the close frame before it is read.
func (c *conn) finish(linger time.Duration) {
	c.sendControlNow()
	if linger > 0 && !c.broken.Load() {
		c.lingerFor(linger)
	}
	c.shut()
	c.writers.Wait()
	c.in.Discard()
}

// shut closes the socket. TLS says goodbye first, which takes seconds when the
// client reads nothing, so not when a write has failed.
func (c *conn) shut() {
	if t, ok := c.Conn.(*tls.Conn); ok && c.broken.Load() {
		t.NetConn().Close()
		return
	}
	c.Conn.Close()
}

// abort closes the socket at once, under whoever uses it.
func (c *conn) abort() {
	c.broken.Store(true)
	c.shut()
}

func (c *conn) lingerFor(d time.Duration) {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
	c.Conn.SetReadDeadline(time.Now().Add(d))
	b := lazyio.Take()
	defer lazyio.Return(b)
	for {
		if _, err := c.Conn.Read(b[:]); err != nil {
			return
		}
	}
}
