package server

import (
	"sync"
	"time"
)

// maxSilence is how many periods a client may be silent.
const maxSilence = 2

// keepalive pings the client once a period and drops one that shows no sign of
// life for maxSilence periods. It is a timer and no goroutine, since most
// connections are idle.
type keepalive struct {
	session *session
	period  time.Duration
	timer   *time.Timer

	mu            sync.Mutex // held by tick; stop waits for it
	stopped       bool
	reads, writes uint64 // the connection's counts at the last tick
	writing       bool   // a write was in progress at the last tick
	silence       int    // periods without a sign of life
}

// startKeepalive starts to ping, if period is not 0.
func startKeepalive(s *session, period time.Duration) *keepalive {
	k := &keepalive{session: s, period: period}
	if period > 0 {
		k.mu.Lock() // or tick could run before timer is set
		defer k.mu.Unlock()
		k.timer = time.AfterFunc(period, k.tick)
	}
	return k
}

// stop returns when no tick runs or will run.
func (k *keepalive) stop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.stopped = true
	if k.timer != nil {
		k.timer.Stop()
	}
}

func (k *keepalive) tick() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.stopped {
		return
	}
	switch alive := k.alive(); {
	case alive:
		k.silence = 0
	case k.session.conn.broken.Load():
		k.session.end(unwritable())
		return
	default:
		if k.silence++; k.silence >= maxSilence {
			k.session.end(silent())
			return
		}
	}
	k.session.conn.ping()
	k.timer.Reset(k.period)
}

// alive reports a sign of life since the last tick: bytes from the client, or
// bytes that it took, which a write shows that had to wait for it. Pongs can't be
// seen while the backend takes no input, so that counts as well, but not for a
// client that can't be written to any more.
func (k *keepalive) alive() bool {
	c := k.session.conn
	reads, writes, writing := c.reads.Load(), c.writes.Load(), c.writing.Load()
	read, took := reads != k.reads, k.writing && writes != k.writes
	k.reads, k.writes, k.writing = reads, writes, writing
	if read || c.broken.Load() {
		return read
	}
	return took || k.session.inStdin.Load()
}
