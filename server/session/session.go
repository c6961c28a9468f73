// Package session is a WebSocket's life: a link, which is one connection, a
// backend, which is one process, and what joins the two.
package session

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"wsd/exec"
	"wsd/server/websocket"
)

// Config is what all sessions of a server have in common. The zero value of a
// field switches its feature off.
type Config struct {
	// Binary carries chunks of bytes instead of lines of text.
	Binary bool
	// PassStderr sends the backend's stderr to the client too, with both streams
	// tagged as JSON. It can't be combined with Binary.
	PassStderr bool
	// MaxMessage is the largest message accepted from a client, in bytes; a
	// larger one ends the session with 1009.
	MaxMessage int64
	// Buffered bounds the memory for messages that have not arrived as a whole. It is
	// shared by all sessions.
	Buffered *websocket.Budget
	// CloseDelay is added to each wait of the ladder that stops a backend.
	CloseDelay time.Duration
	// PingPeriod is the time between two pings; a client that is silent for two
	// such periods is dropped.
	PingPeriod time.Duration
	// IdleTimeout ends a session in which no message has passed for that long,
	// and MaxSession one that has lasted that long, both with 1001.
	IdleTimeout, MaxSession time.Duration
	// ShutdownWait is how long after a backend's end by SIGTERM the server's own SIGTERM
	// may come, where a service manager sends it to both at once, as systemd does.
	ShutdownWait time.Duration
	// DrainPatience is how long a client may take nothing of what is on its way to it
	// when its session ends. Drains bounds how many sessions wait like that.
	DrainPatience time.Duration
	Drains        *Drains
	// LateAfter and LateWithin say when a backend's output is late; see talk.late.
	LateAfter, LateWithin time.Duration
}

// Session is one WebSocket and its backend. Three goroutines serve it: receive,
// send and drainStderr. Whichever of receive and send ends first ends the session
// with a cause. That starts teardown, which waits for all three.
type Session struct {
	cfg      *Config
	log      *slog.Logger
	hooks    Hooks
	begun    time.Time
	link     link
	backend  backend
	lifetime lifetime

	starting   sync.WaitGroup  // counts Start while it runs; teardown waits for it
	closing    context.Context // the server's; done when it shuts down
	notClosing func() bool     // stops the wait for closing

	ending sync.Once
	cause  cause // set by ending
}

// Hooks tell a session's owner how far the session has come. Each is called once at
// most, by a goroutine of the session or by Start; Leaving may be called
// at any time.
type Hooks struct {
	// Leaving reports whether the server has begun to shut down.
	Leaving func() bool
	// Exited is called when the backend has ended and been reaped, or could not be
	// started.
	Exited func()
	// Late, if not nil, is called after Exited when the backend has held its output
	// back until its stdin ended.
	Late func()
	// Ended is called last, when nothing of the session runs any more. The owner
	// then closes the process's streams.
	Ended func(End)
}

// End is what there is to say about a session that has ended.
type End struct {
	Code   websocket.Code // what the close frame said, or CodeLost
	Reason string         // of the close frame; may be empty
	Detail string         // what only the log says; may be empty
	Exit   *exec.Status   // nil when the backend could not be started

	Duration                time.Duration
	MessagesIn, MessagesOut uint64
	BytesIn, BytesOut       uint64 // payload; out is what the socket has taken
	// Unsent is how many bytes the client had not taken when the server gave it up,
	// including framing and TLS; 0 where the platform can't tell.
	Unsent int
}

// Start starts a session on a connection whose handshake is done, and returns.
// The session then runs by itself until it ends; when ctx, the server's context,
// is done, it is closed with 1001. proc is the backend, or nil when that could
// not be started; startErr then says why, and the session ends at once. conn and
// proc belong to the session until it calls hooks.Ended.
func Start(ctx context.Context, cfg *Config, log *slog.Logger, conn *websocket.Conn, proc *exec.Process, startErr error, hooks Hooks) *Session {
	s := &Session{cfg: cfg, log: log, hooks: hooks, begun: time.Now(), closing: ctx}
	s.starting.Add(1)
	defer s.starting.Done()
	s.backend.init(s, proc)
	s.link.init(s, conn)
	s.lifetime.start(s)
	s.notClosing = context.AfterFunc(ctx, func() { s.end(shutdown()) })
	go s.link.receive()
	if startErr != nil {
		close(s.backend.sent)
		close(s.backend.stderrRead)
		hooks.Exited()
		s.end(cannotStart(startErr))
		return s
	}
	go s.backend.send()
	go s.backend.drainStderr()
	return s
}

// end ends the session, without waiting for that. The first cause is kept; later
// calls do nothing. The close frame is queued at once, before an answer to the
// client's own can take its place.
func (s *Session) end(why cause) {
	s.ending.Do(func() {
		s.cause = why
		if !why.drop {
			s.link.conn.SendClose(why.code, why.reason)
		}
		go s.teardown() // ends when all of the session has ended; the server waits for it
	})
}

// exited ends the session, whose backend has ended. If SIGTERM from elsewhere has ended
// it, that waits a moment: the client is to hear that the server goes away, if it does,
// and not that the backend has failed.
func (s *Session) exited(status exec.Status) {
	if !terminated(status) {
		s.end(exited(status))
		return
	}
	time.AfterFunc(s.cfg.ShutdownWait, func() { // does nothing if the session has ended by then
		if s.hooks.Leaving() {
			s.end(shutdown())
		} else {
			s.end(exited(status))
		}
	})
}

// teardown closes the connection and ends the backend, both at once so that
// neither waits for the other.
func (s *Session) teardown() {
	s.starting.Wait()
	s.notClosing()
	s.lifetime.stop()
	closed := make(chan struct{})
	go func() { // ends within the closing handshake's time; waited for below
		defer close(closed)
		s.link.close(s.cause.drop)
	}()
	s.backend.stop()
	<-closed
	s.hooks.Ended(s.summary())
}

// summary returns the session's End. Nothing of the session runs any more.
func (s *Session) summary() End {
	l := &s.link
	end := End{
		Code: s.cause.code, Reason: s.cause.reason, Detail: s.cause.detail,
		Exit:       s.backend.status,
		Duration:   time.Since(s.begun).Round(time.Millisecond),
		MessagesIn: l.in.Messages, BytesIn: l.in.Bytes,
		MessagesOut: l.sent.Messages, BytesOut: l.sent.Bytes,
		Unsent: l.unsent,
	}
	if l.lost != "" {
		end.Detail = l.lost
	}
	if l.reset {
		end.Code, end.Reason = websocket.CodeLost, ""
	}
	return end
}
