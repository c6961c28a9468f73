package session

import (
	"errors"
	"os"
	"sync/atomic"
	"time"

	"wsd/server/websocket"
)

const (
	// closeTimeout bounds the closing handshake, unless the client is slow to take
	// what was sent before the close frame: see awaitClose.
	closeTimeout = 5 * time.Second
	drainPeriod  = time.Second // between two checks of a slow client's progress
	// shutdownLinger bounds at a shutdown how long a client is read from that goes on
	// sending after a fault: it has had closeTimeout before.
	shutdownLinger = time.Second
)

// link is one connection: what the client sends, what is sent to it, and whether
// it is still there.
type link struct {
	session *Session
	conn    *websocket.Conn
	in      *websocket.Receiver // belongs to the receiving goroutine
	pings   keepalive

	// clientGone is set when a write to the client has failed, and sent counts what
	// the socket has taken. They belong to the sending goroutine; where two send,
	// sharedOutput's lock guards them.
	clientGone bool
	sent       websocket.Count

	left     atomic.Bool   // the client has closed, or is gone
	received chan struct{} // closed when the receiving goroutine ends
	lastRead error         // how reading ended; read after received is closed

	unsent int    // bytes that the client had not taken when it was given up
	lost   string // why it was given up, if not by the session's cause
	reset  bool   // what it had not taken was thrown away, the close frame, too
}

func (l *link) init(s *Session, conn *websocket.Conn) {
	l.session, l.conn = s, conn
	l.received = make(chan struct{})
	l.in = websocket.NewReceiver(conn, s.cfg.Buffered)
	l.in.Binary, l.in.MaxMessage = s.cfg.Binary, s.cfg.MaxMessage
	l.in.Deliver = s.backend.write
	l.in.Evicted = func() { s.end(received(websocket.ErrNoRoom)) }
	l.pings.start(l, s.cfg.PingPeriod)
}

// receive is the pump from the socket to the backend's stdin. It ends when the
// connection does, or with a fault of the client; both end the session.
func (l *link) receive() {
	defer close(l.received)
	err := l.in.Run()
	l.session.backend.writeLast(l.in.Rest())
	l.in.Release()
	l.lastRead = err
	l.left.Store(!isFault(err))
	l.session.end(received(err))
}

// write writes frames to the socket; count says what they hold. Once that has failed,
// or the client has left, the backend's further output is dropped. That does not end
// the session: what the client has sent before is still to be read.
func (l *link) write(frames []byte, count websocket.Count) {
	l.session.lifetime.touch()
	if l.clientGone || l.left.Load() {
		return
	}
	if n, err := l.conn.WriteFrames(frames); err != nil {
		l.clientGone = true
		l.session.log.Debug("client takes no more; output is dropped", "err", err)
		count = websocket.CountData(frames[:n])
	}
	l.sent.Add(count)
}

// close performs the closing handshake of RFC 6455 7.1.2, as far as the client
// takes part, and closes the socket. With drop, it just drops the connection.
func (l *link) close(drop bool) {
	l.pings.stop()
	if drop {
		l.abandon(l.hasEnded())
		l.in.Leave()
	} else {
		l.shakeHands()
	}
	<-l.received
	if errors.Is(l.lastRead, os.ErrDeadlineExceeded) && l.conn.Unsent() > 0 {
		l.lost = "client was too slow to take the rest"
		l.abandon(false)
	}
	if l.session.closing.Err() != nil {
		l.conn.LingerFor(shutdownLinger)
	}
	l.conn.Finish(!drop && isFault(l.lastRead) && l.in.Skim())
}

// abandon closes the socket and records how much the client has not taken. The kernel
// throws that away, so that it takes up no memory. It goes on sending only if keep is
// set, or at a shutdown, where it may as well try.
func (l *link) abandon(keep bool) {
	l.unsent = l.conn.Unsent()
	if keep || l.unsent == 0 || l.session.closing.Err() != nil {
		l.conn.Abort()
		return
	}
	l.reset = true
	l.conn.Reset()
}

// hasEnded reports whether receiving has ended. The client may still be reading.
func (l *link) hasEnded() bool {
	select {
	case <-l.received:
		return true
	default:
		return false
	}
}

// isFault reports whether reading ended with a fault of the client, so that more
// may come from it. Otherwise the client has closed, the connection is lost, or
// the time is up.
func isFault(err error) bool {
	_, fault := err.(*websocket.Error)
	return fault
}

// shakeHands writes the close frame and waits for the client's. It returns when
// receiving has ended, or a deadline is set that will end it.
func (l *link) shakeHands() {
	begun := l.conn.Signs()
	if begun.Unsent == 0 {
		l.within(closeTimeout)
		l.conn.FlushControl()
		l.awaitClose(begun)
		return
	}
	l.within(l.session.cfg.DrainPatience)
	flushed := make(chan struct{})
	go func() { // ends when the close frame is written, or at the deadline; waited for below
		defer close(flushed)
		l.conn.FlushControl()
	}()
	l.awaitClose(begun)
	<-flushed
}

// within sets the deadline of the closing handshake.
func (l *link) within(d time.Duration) { l.conn.SetDeadline(time.Now().Add(d)) }

// awaitClose extends the deadline of the closing handshake while a slow client keeps
// taking what is on its way to it. If the socket were closed before that, anything the
// client sends would be answered with RST, and the rest would be thrown away.
func (l *link) awaitClose(before websocket.Signs) {
	l.in.Leave()
	drains, one := l.session.cfg.Drains, &drain{cut: make(chan struct{})}
	defer drains.leave(one)
	tick := time.NewTicker(drainPeriod)
	defer tick.Stop()
	for slow := false; ; {
		select {
		case <-l.received:
			l.within(closeTimeout)
			return
		case <-l.session.closing.Done():
			l.within(closeTimeout)
			return
		case <-one.cut:
			l.lost = "client was the slowest of too many slow ones"
			l.abandon(false)
			return
		case <-tick.C:
		}
		now := l.conn.Signs()
		if slow = slow || now.Unsent > 0; slow {
			if now.Took(before) {
				l.within(l.session.cfg.DrainPatience)
			}
			drains.note(one, now.Taken(before))
		} else if before.Unsent > 0 {
			l.within(closeTimeout)
		}
		before = now
	}
}
