package websocket

import (
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"wsd/server/lazyio"
)

// errCloseSent is returned by WriteFrames after a close frame: nothing may
// follow it (RFC 6455 5.5.1).
var errCloseSent = errors.New("a close frame has been sent")

// Conn is the server's end of a WebSocket's connection, once the handshake is
// done. It carries whole frames, many in one system call. Reading belongs to its
// Receiver's goroutine. Data frames are written by WriteFrames; control frames,
// which come from elsewhere, wait until no frame is being written.
type Conn struct {
	net.Conn
	in      *lazyio.Reader
	reading atomic.Bool   // the Receiver is waiting for the peer
	reads   atomic.Uint64 // counts reads that brought something: a sign of life

	wmu       sync.Mutex    // held while frames are written
	closeSent bool          // guarded by wmu
	writing   atomic.Bool   // a write is in progress
	writes    atomic.Uint64 // counts finished writes
	broken    atomic.Bool   // a write has failed

	lingerEnd time.Time // set once lingering has begun or is bounded; belongs to whoever closes

	control      controlFrames
	aboutToFlush atomic.Bool    // a goroutine that will flush has been started and has not begun
	writers      sync.WaitGroup // goroutines that write control frames
}

// NewConn makes a Conn of a connection whose handshake is done; the Conn owns it
// from then on. early is what has already been read from it.
func NewConn(nc net.Conn, early []byte) *Conn {
	return &Conn{Conn: nc, in: lazyio.NewReader(nc, early)}
}

// WriteFrames writes whole data frames and blocks until the socket has taken
// them: that is the back-pressure. It returns how many bytes the socket has taken.
func (c *Conn) WriteFrames(b []byte) (n int, err error) {
	c.wmu.Lock()
	err = errCloseSent
	if !c.closeSent {
		n, err = c.write(b)
	}
	c.wmu.Unlock()
	c.flushControl()
	return n, err
}

// write writes to the socket. c.wmu is held.
func (c *Conn) write(b []byte) (int, error) {
	c.writing.Store(true)
	n, err := c.Conn.Write(b)
	c.writing.Store(false)
	c.writes.Add(1)
	if err != nil {
		c.broken.Store(true)
	}
	return n, err
}

// answer sends a control frame with the client's own payload. It never blocks:
// a client may be slow to read what comes before the answer.
func (c *Conn) answer(op byte, payload []byte) {
	c.sendControl(append([]byte{FinBit | op, byte(len(payload))}, payload...))
}

// Ping sends a ping without waiting for anything.
func (c *Conn) Ping() { c.sendControl([]byte{FinBit | OpPing, 0}) }

// sendControl has a goroutine write the frame, unless frames are being written:
// whoever writes those looks for control frames afterwards. A goroutine that has
// not begun yet will write all waiting frames, so ten thousand pings that come at
// once need only one.
func (c *Conn) sendControl(frame []byte) {
	c.control.put(frame)
	if !c.wmu.TryLock() {
		return
	}
	c.wmu.Unlock()
	if c.aboutToFlush.Swap(true) {
		return
	}
	c.writers.Go(func() { // ends when the socket has taken the frames or is closed; Finish waits for it
		c.aboutToFlush.Store(false)
		c.flushControl()
	})
}

// FlushControl writes the waiting control frames after the batch that is being
// written now. It gives up at the write deadline.
func (c *Conn) FlushControl() {
	c.wmu.Lock()
	c.writeControl()
	c.wmu.Unlock()
}

// flushControl writes the waiting control frames, unless frames are being
// written: whoever writes those calls flushControl after them.
func (c *Conn) flushControl() {
	for c.control.waiting() && c.wmu.TryLock() {
		c.writeControl()
		c.wmu.Unlock()
	}
}

// writeControl writes the waiting control frames. c.wmu is held.
func (c *Conn) writeControl() {
	frames, last := c.control.take()
	if c.closeSent || len(frames) == 0 {
		return
	}
	c.closeSent = last
	c.write(frames)
}

// SendClose queues a close frame behind the frames that are being written. It
// takes the place of an answer to the peer's own. SendClose does not wait;
// FlushControl does.
func (c *Conn) SendClose(code Code, reason string) { c.control.put(closeFrame(code, reason)) }

// Finish closes the socket and waits for goroutines that still write to it. With
// linger, the peer's last bytes are read first: closing with unread bytes would
// make the kernel send RST, and the peer's kernel throw away the close frame
// before it is read.
func (c *Conn) Finish(linger bool) {
	c.FlushControl()
	if linger && !c.broken.Load() {
		c.linger()
	}
	c.shut()
	c.writers.Wait()
	c.in.Discard()
}

// shut closes the socket. TLS says goodbye first, unless a write has failed: it
// would take seconds with a client that reads nothing.
func (c *Conn) shut() {
	if t, ok := c.Conn.(*tls.Conn); ok && c.broken.Load() {
		t.NetConn().Close()
		return
	}
	c.Conn.Close()
}

// Abort closes the socket at once, even while others use it. The kernel still tries to
// send what it holds.
func (c *Conn) Abort() {
	c.broken.Store(true)
	c.shut()
}

// Reset is like Abort, but the kernel throws away what it holds for the peer.
func (c *Conn) Reset() {
	nc := c.Conn
	if t, ok := nc.(*tls.Conn); ok {
		nc = t.NetConn()
	}
	if tcp, ok := nc.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	c.Abort()
}

// linger reads and drops whatever the peer still sends, until the peer ends its
// direction or the time is up.
func (c *Conn) linger() {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
	b := lazyio.Take()
	defer lazyio.Return(b)
	for l := newLinger(c); ; {
		l.await()
		if _, err := c.Conn.Read(b[:]); err != nil {
			return
		}
	}
}

const (
	// lingerSilence is how long a peer may send nothing before nothing more is
	// expected of it, and lingerTotal how long it is read from in all, by Skim and
	// by Finish together.
	lingerSilence = time.Second
	lingerTotal   = 5 * time.Second
)

// linger bounds the reading from a peer whose bytes are no longer wanted.
type linger struct {
	conn *Conn
	last time.Time
}

func newLinger(c *Conn) linger {
	if c.lingerEnd.IsZero() {
		c.LingerFor(lingerTotal)
	}
	return linger{c, c.lingerEnd}
}

// LingerFor bounds the lingering of Skim and Finish: it ends after d.
func (c *Conn) LingerFor(d time.Duration) { c.lingerEnd = time.Now().Add(d) }

// await sets the deadline of the next read.
func (l linger) await() {
	deadline := time.Now().Add(lingerSilence)
	if deadline.After(l.last) {
		deadline = l.last
	}
	l.conn.SetReadDeadline(deadline)
}

// Signs is what a Conn has seen of its peer.
type Signs struct {
	Reads, Writes uint64 // reads that brought something, and finished writes
	Reading       bool   // the Receiver waits for the peer; otherwise it notices nothing
	Writing       bool   // a write is in progress
	Broken        bool   // a write has failed: nothing more reaches the peer
	Flow
}

// Flow is what the kernel knows about sent bytes. Fields that it does not tell are 0:
// all of them but on Linux, and all but Unsent for a Unix socket.
type Flow struct {
	Unsent int    // bytes that the peer's kernel has not acknowledged
	Acked  uint64 // bytes that it has acknowledged since the connection began
	Window uint32 // bytes for which it has announced room
}

// Signs returns what has been seen of the peer up to now. It may be called
// concurrently with everything else, and asks the kernel.
func (c *Conn) Signs() Signs {
	return Signs{c.reads.Load(), c.writes.Load(), c.reading.Load(), c.writing.Load(), c.broken.Load(), FlowOf(c.Conn)}
}

// Took reports whether, since before, the peer has taken output that was waiting for
// it, or has made room for more. Output that its kernel had room for anyway says
// nothing about the peer itself.
func (s Signs) Took(before Signs) bool {
	switch {
	case s.Broken:
		return false
	case before.Writing && s.Writes != before.Writes, s.Window > before.Window:
		return true
	default:
		return before.Unsent > 0 && s.Taken(before) > 0
	}
}

// Taken is how many bytes the peer's kernel has taken since before, as far as known.
func (s Signs) Taken(before Signs) uint64 {
	return max(s.Acked-before.Acked, uint64(max(0, before.Unsent-s.Unsent)))
}

// Unsent is the Unsent of Flow now.
func (c *Conn) Unsent() int { return FlowOf(c.Conn).Unsent }
