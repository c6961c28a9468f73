package session

import (
	"time"

	"wsd/server/websocket"
)

const (
	// closeTimeout bounds the closing handshake: the batch that is being written,
	// our close frame and the client's.
	closeTimeout = 5 * time.Second
	// drainTimeout bounds it for a slow client that is still receiving what was
	// sent before the close frame. The backend has ended by then, so no limit on
	// backends bounds this.
	drainTimeout = time.Minute
	drainPeriod  = time.Second // between two checks of its progress
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

	received chan struct{} // closed when the receiving goroutine ends
	lastRead error         // how reading ended; read after received is closed
}

func (l *link) init(s *Session, conn *websocket.Conn) {
	l.session, l.conn = s, conn
	l.received = make(chan struct{})
	l.in = websocket.NewReceiver(conn, s.cfg.Buffered)
	l.in.Binary, l.in.MaxMessage = s.cfg.Binary, s.cfg.MaxMessage
	l.in.Deliver = s.backend.write
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
	l.session.end(received(err))
}

// write writes frames to the socket; count says what they hold. Once that has failed,
// the backend's further output is dropped. That does not end the session: what the
// client has sent before is still to be read.
func (l *link) write(frames []byte, count websocket.Count) {
	l.session.lifetime.touch()
	if l.clientGone {
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
		l.conn.Abort()
	} else {
		l.conn.SetDeadline(time.Now().Add(closeTimeout))
		if l.conn.Unsent() > 0 {
			l.flushSlowly()
		} else {
			l.conn.FlushControl()
		}
	}
	<-l.received
	l.conn.Finish(!drop && isFault(l.lastRead) && l.in.Skim())
}

// isFault reports whether reading ended with a fault of the client, so that more
// may come from it. Otherwise the client has closed, the connection is lost, or
// the time is up.
func isFault(err error) bool {
	_, fault := err.(*websocket.Error)
	return fault
}

// flushSlowly writes the close frame for a client that has not yet received what
// was sent before it.
func (l *link) flushSlowly() {
	flushed := make(chan struct{})
	go func() { // ends at the deadline; waited for below
		defer close(flushed)
		l.conn.FlushControl()
	}()
	l.awaitDrained()
	<-flushed
}

// awaitDrained extends the deadline of the closing handshake while the client
// keeps receiving what is on its way to it. If the socket were closed before
// that, anything the client sends would be answered with RST, and the rest would
// be thrown away. It returns when reading has ended, or there is no more reason
// to extend the deadline.
func (l *link) awaitDrained() {
	tick := time.NewTicker(drainPeriod)
	defer tick.Stop()
	last := time.Now().Add(drainTimeout)
	for left := l.conn.Unsent(); left > 0 && time.Now().Before(last); {
		select {
		case <-l.received:
			return
		case <-tick.C:
		}
		now := l.conn.Unsent()
		if now < left && l.session.closing.Err() == nil {
			l.conn.SetDeadline(time.Now().Add(closeTimeout))
		}
		left = now
	}
}
