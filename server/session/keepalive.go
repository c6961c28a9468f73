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
		k.last = l.conn.Signs()
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
	if k.alive(signs) {
		k.silence = 0
	} else if k.silence++; k.silence >= maxSilence {
		k.link.session.end(silent(signs.Broken || !signs.Reading))
		return
	}
	k.last = signs
	if signs.Reading {
		k.link.conn.Ping()
	}
	k.timer.Reset(k.period)
}

// alive reports whether there was a sign of life since the last tick: bytes from
// the client, or output that it has taken. While the backend takes no input,
// nothing is read from the client, so it counts as alive unless the connection is
// known to be gone. It is not pinged then either: if it has sent everything and
// closed its socket, it would answer with RST, and all that has not been read would
// be lost.
func (k *keepalive) alive(now websocket.Signs) bool {
	if !now.Reading && !k.link.conn.Gone() {
		return true
	}
	return now.Reads != k.last.Reads || now.Took(k.last)
}
