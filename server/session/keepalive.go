package session

import (
	"sync"
	"time"

	"wsd/server/websocket"
)

// maxSilence is how many periods a client may be silent.
const maxSilence = 2

// keepalive pings the client once a period and drops one that shows no sign of
// life for maxSilence periods. It is a timer and no goroutine, since most
// connections are idle.
type keepalive struct {
	link   *link
	period time.Duration
	timer  *time.Timer

	mu      sync.Mutex // held by tick; stop waits for it
	stopped bool
	last    websocket.Signs // at the last tick
	silence int             // periods without a sign of life
}

// start starts to ping, if period is not 0.
func (k *keepalive) start(l *link, period time.Duration) {
	k.mu.Lock() // or tick could run before timer is set
	defer k.mu.Unlock()
	k.link, k.period = l, period
	if period > 0 {
		k.timer = time.AfterFunc(period, k.tick)
	}
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
	signs := k.link.conn.Signs()
	switch {
	case k.alive(signs):
		k.silence = 0
	case signs.Broken:
		k.link.session.end(unwritable())
		return
	default:
		if k.silence++; k.silence >= maxSilence {
			k.link.session.end(silent())
			return
		}
	}
	k.last = signs
	k.link.conn.Ping()
	k.timer.Reset(k.period)
}

// alive reports a sign of life since the last tick: bytes from the client, or
// bytes that it took, which a write shows that had to wait for it. Pongs can't be
// seen while the backend takes no input, so that counts as well, but not for a
// client that can't be written to any more.
func (k *keepalive) alive(now websocket.Signs) bool {
	read := now.Reads != k.last.Reads
	if read || now.Broken {
		return read
	}
	took := k.last.Writing && now.Writes != k.last.Writes
	return took || k.link.session.backend.inStdin.Load()
}
