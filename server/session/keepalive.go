package session

import (
	"sync"
	"time"

	"wsd/server/websocket"
)

// maxSilence is how many periods a client may be silent.
const maxSilence = 2

// keepalive pings the client once a period and drops one that shows no sign of
// life for maxSilence periods. It uses a timer instead of a goroutine, since most
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

// start starts the pings, if period is not 0.
func (k *keepalive) start(l *link, period time.Duration) {
	k.mu.Lock() // or tick could run before timer is set
	defer k.mu.Unlock()
	k.link, k.period = l, period
	if period > 0 {
		k.timer = time.AfterFunc(period, k.tick)
	}
}

// stop returns when no tick is running, and none will run again.
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

// alive reports whether there was a sign of life since the last tick: bytes from
// the client, or the end of a write that had to wait for it. While the backend
// takes no input, pongs are not read, so the client counts as alive, unless it
// can't be written to any more.
func (k *keepalive) alive(now websocket.Signs) bool {
	read := now.Reads != k.last.Reads
	if read || now.Broken {
		return read
	}
	took := k.last.Writing && now.Writes != k.last.Writes
	return took || k.link.session.backend.inStdin.Load()
}
