package session

import (
	"sync"
	"sync/atomic"
	"time"
)

// lifetime ends a session in which no message has passed for IdleTimeout, or that
// has lasted for MaxSession. It uses timers instead of a goroutine.
type lifetime struct {
	session *Session
	idle    time.Duration
	last    atomic.Int64 // when a message last passed, in nanoseconds since the session began

	mu        sync.Mutex // held by a timer's function; stop waits for it
	stopped   bool
	idleTimer *time.Timer
	endTimer  *time.Timer
}

// start starts watching the session. A limit of 0 means no limit.
func (l *lifetime) start(s *Session) {
	l.mu.Lock() // or a timer's function could run before its timer is set
	defer l.mu.Unlock()
	l.session, l.idle = s, s.cfg.IdleTimeout
	if l.idle > 0 {
		l.idleTimer = time.AfterFunc(l.idle, l.lookIdle)
	}
	if longest := s.cfg.MaxSession; longest > 0 {
		l.endTimer = time.AfterFunc(longest, func() { l.end(outlasted()) })
	}
}

// touch notes that messages are passing now. It is called once per write, however
// many messages that carries.
func (l *lifetime) touch() {
	if l.idle > 0 {
		l.last.Store(int64(time.Since(l.session.begun)))
	}
}

// lookIdle ends the session if it has been idle for long enough, or else sets the
// timer for the earliest time at which it may have been.
func (l *lifetime) lookIdle() {
	quiet := time.Since(l.session.begun) - time.Duration(l.last.Load())
	if quiet >= l.idle {
		l.end(idled())
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.stopped {
		l.idleTimer.Reset(l.idle - quiet)
	}
}

func (l *lifetime) end(why cause) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.stopped {
		l.session.end(why)
	}
}

// stop returns when no timer's function is running, and none will do anything any
// more.
func (l *lifetime) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = true
	for _, t := range []*time.Timer{l.idleTimer, l.endTimer} {
		if t != nil {
			t.Stop()
		}
	}
}
