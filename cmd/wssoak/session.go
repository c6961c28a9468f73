package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"time"

	"wsd/cmd/internal/client"
	"wsd/server/websocket"
)

const (
	readBuffer = 4 << 10 // of a client, in bytes
	// slowReads is how many reads a slow client makes between two pauses.
	slowReads = 16
	slowPause = 500 * time.Millisecond // the longest
	slowEvery = 25                     // one client in so many is slow
	// burst is the largest number of messages that are sent at once.
	burst = 5
)

// session is one WebSocket of a soak. The slot's goroutine sends and ends it; another
// one receives.
type session struct {
	soak   *soak
	daemon *loadedDaemon
	number int64
	slow   bool
	conn   *client.Conn
	sent   int64 // number of the last message sent; of the slot's goroutine

	// Of the receiving goroutine, and of everyone once ended is closed.
	in      stream
	partial bool  // a message began to arrive and did not end
	cut     bool  // the last message could not be read
	err     error // why receiving ended

	acked atomic.Int64  // number of the last message that the backend says it has
	last  atomic.Int64  // in.last, for the slot's goroutine
	ready chan struct{} // closed by the backend's first message: it runs
	final chan struct{} // closed by its last one
	hurry chan struct{} // closed when a slow client must no longer be slow
	ended chan struct{} // closed when nothing more comes
}

// open opens a session on d and waits for its backend's first message.
func (s *soak) open(ctx context.Context, d *loadedDaemon) (*session, error) {
	n := &session{
		soak: s, daemon: d, number: s.numbers.Add(1),
		ready: make(chan struct{}), final: make(chan struct{}), hurry: make(chan struct{}), ended: make(chan struct{}),
	}
	n.slow = n.number%slowEvery == 0
	large := 1
	if n.slow {
		large = 100 // at times more than it reads, so that its backend has to wait
	}
	t := d.Target
	t.Path = fmt.Sprintf("/?session=%d&every=%d&large=%d", n.number, s.every.Milliseconds(), large)
	limited, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	var err error
	if n.conn, err = client.Dial(limited, t, readBuffer); err != nil {
		return nil, err
	}
	n.conn.Watch(ctx) // the limit is for the handshake alone
	go n.receive()    // ends with the connection; abandon waits for it
	if err := n.await(n.ready, "the backend's first message"); err != nil {
		n.abandon()
		return nil, err
	}
	return n, nil
}

// tcpOf is the connection below TLS, or nc itself.
func tcpOf(nc net.Conn) *net.TCPConn {
	if t, ok := nc.(interface{ NetConn() net.Conn }); ok {
		nc = t.NetConn()
	}
	return nc.(*net.TCPConn)
}

// abandon closes the connection and waits for the receiving goroutine.
func (n *session) abandon() {
	n.conn.Close()
	<-n.ended
}

// await waits until c is closed. It gives up when patience ends or nothing more can
// come.
func (n *session) await(c <-chan struct{}, what string) error {
	limit := time.NewTimer(n.soak.patience)
	defer limit.Stop()
	select {
	case <-c:
		return nil
	case <-limit.C:
		return fmt.Errorf("hung: waited %v for %s", n.soak.patience, what)
	case <-n.ended:
	}
	select {
	case <-c: // just before the end
		return nil
	default:
		return fmt.Errorf("waiting for %s: %w", what, n.err)
	}
}

// send sends count messages of a kind in one write. A large message is cut into
// fragments with pings between them.
func (n *session) send(kind byte, count int) error {
	var b []byte
	for range count {
		units := unitsSmall
		if kind == typeMessage {
			units = randomUnits()
		}
		n.sent++
		t := text{kind: kind, session: n.number, number: n.sent, received: n.last.Load(), units: units}
		b = appendFragments(b, t.append(nil))
	}
	// A hung daemon must not hold up the write for ever.
	if err := n.conn.SetWriteDeadline(time.Now().Add(n.soak.patience)); err != nil {
		return err
	}
	if _, err := n.conn.Write(b); err != nil {
		return fmt.Errorf("sending message %d: %w", n.sent, err)
	}
	// The deadline is not for pongs, which the receiving goroutine may send later.
	if err := n.conn.SetWriteDeadline(time.Time{}); err != nil {
		return err
	}
	n.soak.counts.sent.Add(int64(count))
	return nil
}

func randomUnits() int {
	switch chance := rand.IntN(1000); {
	case chance < 1:
		return unitsLarge
	case chance < 50:
		return unitsMedium
	default:
		return unitsSmall
	}
}

// appendFragments appends a text as a masked message: as one frame if it is small,
// else as fragments of random sizes, which may end within a character.
func appendFragments(b, text []byte) []byte {
	op := byte(websocket.OpText)
	for len(text) > payloadLimit {
		size := 1 + rand.IntN(len(text)/2)
		b = client.AppendMasked(b, op, text[:size])
		b = client.AppendMasked(b, websocket.FinBit|websocket.OpPing, []byte("between"))
		text, op = text[size:], websocket.OpContinuation
	}
	return client.AppendMasked(b, websocket.FinBit|op, text)
}

// payloadLimit is the size of the largest text that is not cut into fragments, in
// bytes.
const payloadLimit = 16 << 10

// receive takes messages until the connection or the WebSocket ends.
func (n *session) receive() {
	defer close(n.ended)
	var a arriving
	for reads := 1; ; reads++ {
		if n.slow && reads%slowReads == 0 {
			n.pause()
		}
		p, last, err := n.conn.Piece()
		if err != nil {
			n.err = err
			n.partial = a.length > 0
			return
		}
		a.add(p)
		if last {
			n.take(&a)
			a = arriving{}
		}
	}
}

// pause makes a slow client wait before it goes on reading.
func (n *session) pause() {
	timer := time.NewTimer(rand.N(slowPause))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-n.hurry:
	}
}

// take checks a message.
func (n *session) take(a *arriving) {
	defer func() { n.last.Store(n.in.last) }()
	t, ok := a.text()
	n.cut = !ok || t.session != n.number
	if n.cut {
		n.in.spoil()
		return
	}
	n.in.take(t.number)
	n.soak.counts.received.Add(1)
	n.acked.Store(max(t.received, n.acked.Load()))
	if t.number == 1 {
		closeOnce(n.ready)
	}
	if t.kind == typeFinal {
		closeOnce(n.final)
	}
}

// closeOnce closes c unless it is closed. It is for one goroutine.
func closeOnce(c chan struct{}) {
	select {
	case <-c:
	default:
		close(c)
	}
}

// talk sends messages until it is told how to end the session, and whether that is
// the slot's last.
func (n *session) talk(ctx context.Context, ends <-chan ending, closing <-chan struct{}) (e ending, last bool, err error) {
	timer := time.NewTimer(rand.N(n.soak.every))
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return 0, true, context.Cause(ctx)
		case <-n.ended:
			return 0, false, fmt.Errorf("ended by itself: %w", n.err)
		case <-closing:
			return inOrder(), true, nil
		case e := <-ends:
			return e, false, nil
		case <-timer.C:
			if err := n.send(typeMessage, 1+rand.IntN(burst)); err != nil {
				return 0, false, err
			}
			timer.Reset(n.soak.every/2 + rand.N(n.soak.every))
		}
	}
}
