package server

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"wsd/exec"
)

const (
	// closeTimeout bounds the closing handshake: the batch that is being written,
	// our close frame and the client's.
	closeTimeout = 5 * time.Second
	// drainTimeout bounds it for a client that is slow and still takes what was
	// sent before the close frame. The backend has ended, so that this is no longer
	// bounded by --maxforks.
	drainTimeout = time.Minute
	drainPeriod  = time.Second // between two looks whether it does
	// lingerTimeout bounds the reading of what a faulty client still sends.
	lingerTimeout = time.Second
)

// session is one WebSocket and its backend. Three goroutines serve it: receive,
// send and drainStderr. Whichever ends first ends the session with a cause,
// and teardown, started by that, waits for all three.
type session struct {
	server   *Server
	log      *slog.Logger
	conn     *conn
	proc     *exec.Process
	begun    time.Time
	addr     netip.Addr // what the client counts as; see client.counted
	pings    *keepalive
	lifetime lifetime

	// Of the receiving goroutine.
	inbox       inbox
	in          traffic
	deafBackend bool // stdin takes no more
	message     message
	left        uint64 // bytes that are left of the frame that is being read
	lastRead    error  // how reading ended; read after received is closed

	// Of the sending goroutine; under shared of both that send.
	out        framer
	warned     bool
	deafClient bool
	errOut     framer        // of drainStderr
	shared     *sharedOutput // nil without --passstderr

	inStdin atomic.Bool // receive is blocked in a write to stdin, or just about

	status *exec.Status // how the backend ended; set before sent is closed

	received, sent, stderrRead chan struct{} // closed as the goroutines end

	ending sync.Once
	cause  cause // set by ending
}

// traffic counts what a session has carried in one direction.
type traffic struct{ messages, bytes uint64 }

// newSession makes a session that is not running yet. proc is the session's from
// now on; it is nil when the backend could not be started. addr is what the client
// counts as.
func (s *Server) newSession(log *slog.Logger, c *conn, proc *exec.Process, addr netip.Addr) *session {
	n := &session{
		server: s, log: log, conn: c, proc: proc, addr: addr, begun: time.Now(),
		received: make(chan struct{}), sent: make(chan struct{}), stderrRead: make(chan struct{}),
	}
	n.lifetime = lifetime{session: n, idle: s.cfg.IdleTimeout}
	n.message.budget = &s.buffered
	c.beforeWait = n.flushAndRelease
	if s.cfg.PassStderr {
		n.share()
	}
	return n
}

func (s *session) share() {
	s.out.encode, s.errOut.encode = tagger("stdout"), tagger("stderr")
	var once sync.Once
	s.shared = &sharedOutput{
		send: s.toClient,
		lost: func() {
			once.Do(func() {
				s.log.Warn("lines of stderr did not reach the client: a long line of stdout is being sent")
			})
		},
	}
}

// run starts the session's goroutines and returns. They end with the session,
// and teardown waits for them. startErr says why there is no backend, which ends
// the session at once.
func (s *session) run(startErr error) {
	s.pings = startKeepalive(s, s.server.cfg.PingPeriod)
	s.lifetime.start(s.server.cfg.MaxSession)
	closing := s.server.add(s)
	go s.receive()
	if startErr != nil {
		close(s.sent)
		close(s.stderrRead)
		s.end(cannotStart(startErr))
		return
	}
	go s.send()
	go s.drainStderr()
	if closing {
		s.end(shutdown())
	}
}

// end ends the session. The first cause stays; later calls do nothing. It does
// not wait. The close frame is put in its place at once, before an answer to the
// client's own could take it.
func (s *session) end(why cause) {
	s.ending.Do(func() {
		s.cause = why
		if !why.drop {
			s.conn.control.put(closeFrame(why.code, why.reason))
		}
		go s.teardown() // ends when all of the session has ended; the server waits for it
	})
}

// teardown closes the connection and ends the backend, side by side so that
// neither waits for the other, and takes the session off the server.
func (s *session) teardown() {
	defer s.server.remove(s)
	s.pings.stop()
	s.lifetime.stop()
	closed := make(chan struct{})
	go func() { // ends within closeTimeout and lingerTimeout; waited for below
		defer close(closed)
		s.closeSocket()
	}()
	if s.proc != nil {
		s.proc.Stop(s.server.cfg.CloseDelay, s.sent)
	}
	<-s.sent
	<-s.stderrRead
	<-closed
	if s.proc != nil {
		s.server.release(s.proc)
	}
	s.server.addresses.give(s.addr)
	s.logEnd()
}

// closeSocket performs the closing handshake of RFC 6455 7.1.2, as far as the
// client takes part, and closes the socket.
func (s *session) closeSocket() {
	if s.cause.drop {
		s.conn.abort()
	} else {
		s.conn.SetDeadline(time.Now().Add(closeTimeout))
		s.conn.writers.Go(s.conn.sendControlNow) // ends at the deadline; finish waits for it
		s.awaitDrained()
	}
	<-s.received
	s.conn.finish(s.linger())
}

// awaitDrained puts off the deadline of the closing handshake while the client
// takes what is on its way to it. Were the socket closed before that, whatever
// the client sends would be answered with RST, and the rest be thrown away. It
// returns when receiving has ended, or nothing is to be put off any more.
func (s *session) awaitDrained() {
	tick := time.NewTicker(drainPeriod)
	defer tick.Stop()
	last := time.Now().Add(drainTimeout)
	for left := unsent(s.conn.Conn); left > 0 && time.Now().Before(last); {
		select {
		case <-s.received:
			return
		case <-tick.C:
		}
		now := unsent(s.conn.Conn)
		if now < left && !s.server.isClosing() {
			s.conn.SetDeadline(time.Now().Add(closeTimeout))
		}
		left = now
	}
}

// linger tells how long to read on for a client that has neither closed nor
// vanished.
func (s *session) linger() time.Duration {
	if s.cause.drop || endsConnection(s.lastRead) {
		return 0
	}
	return lingerTimeout
}

func (s *session) logEnd() {
	attrs := []any{
		"code", int(s.cause.code),
		"duration", time.Since(s.begun).Round(time.Millisecond),
		"messages_in", s.in.messages, "bytes_in", s.in.bytes,
		"messages_out", s.out.messages + s.errOut.messages, "bytes_out", s.out.bytes + s.errOut.bytes,
	}
	if s.cause.reason != "" {
		attrs = append(attrs, "reason", s.cause.reason)
	}
	if s.cause.detail != "" {
		attrs = append(attrs, "detail", s.cause.detail)
	}
	if s.status != nil {
		attrs = append(attrs, "exit", s.status.String())
	}
	s.log.Log(context.Background(), LevelAccess, "DISCONNECT", attrs...)
}
