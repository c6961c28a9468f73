package server

import (
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"
)

// The clock of these tests is turned by hand, by calls of tick, save for the
// first one.

func TestKeepaliveDropsSilentClient(t *testing.T) {
	s := serve(t, Config{Command: play("print:up", "drain"), PingPeriod: 300 * time.Millisecond})
	c := s.client(t)
	c.wantText("up")
	c.autoPong = false
	rest, err := c.readRest()
	if len(rest) > 0 || err != io.EOF && !isReset(err) {
		t.Errorf("a silent client gets %q, %v; want pings and the end", rest, err)
	}
	if c.pings == 0 {
		t.Error("it was not even asked")
	}
	end := s.log.end(t)
	end.wantAttrs(t, map[string]string{"code": "1006", "detail": "client answered no ping", "exit": "exit status 0"})
	if end.level != LevelAccess {
		t.Error(end)
	}
}

func isReset(err error) bool { return strings.Contains(err.Error(), "reset") }

// ticked serves a backend whose client's session is returned, with a keepalive
// that only tick moves.
func ticked(t *testing.T, steps ...string) (*testServer, *rawClient, *session) {
	t.Helper()
	s := serve(t, Config{Command: play(steps...), PingPeriod: time.Hour})
	c := s.client(t)
	return s, c, s.only(t)
}

// only is the one open session.
func (s *testServer) only(t testing.TB) *session {
	t.Helper()
	s.log.wait(t, "CONNECT", 1)
	for {
		s.mu.Lock()
		for n := range s.sessions {
			s.mu.Unlock()
			return n
		}
		s.mu.Unlock()
		runtime.Gosched() // CONNECT is logged a moment before
	}
}

// nextPing reads up to the next ping.
func (c *rawClient) nextPing() {
	c.t.Helper()
	f, err := c.readFrame()
	if err != nil || f.opcode != opPing {
		c.t.Fatalf("%v, %v; want a ping", f, err)
	}
	if _, err := c.take(f); err != nil {
		c.t.Fatal(err)
	}
}

func TestKeepaliveKeepsAnsweringClient(t *testing.T) {
	s, c, n := ticked(t, "echo")
	for range 3 * maxSilence {
		n.pings.tick()
		c.nextPing()
		echoed(t, c, "behind the pong") // so that this has been read
	}
	c.close(1000)
	c.wantCloseCode(1000, "")
	s.log.end(t).wantAttrs(t, map[string]string{"code": "1000"})
}

// Any bytes are a sign of life, a part of a frame, too.
func TestKeepaliveTakesBytesForLife(t *testing.T) {
	_, c, n := ticked(t, "echo")
	c.autoPong = false
	long := textFrame(strings.Repeat("x", 50))
	for i := range long {
		reads := n.conn.reads.Load()
		c.write(long[i : i+1])
		for n.conn.reads.Load() == reads { // the receiving goroutine is on its way
			runtime.Gosched()
		}
		n.pings.tick()
	}
	c.wantText(strings.Repeat("x", 50))
}

func TestKeepaliveDropsAtSecondSilence(t *testing.T) {
	s, c, n := ticked(t, "print:up", "drain")
	c.autoPong = false
	c.wantText("up")
	n.pings.tick()
	c.nextPing()
	c.ping("") // life
	if f, err := c.readFrame(); err != nil || f.opcode != opPong {
		t.Fatalf("%v, %v; want a pong", f, err)
	}
	n.pings.tick()
	c.nextPing()
	n.pings.tick()
	c.nextPing()
	n.pings.tick()
	s.log.end(t).wantAttrs(t, map[string]string{"code": "1006", "detail": "client answered no ping"})
}

// While the backend takes no input no pong is read: that is not the client's
// fault.
func TestKeepaliveKeepsClientOfDeafBackend(t *testing.T) {
	before := newGate(t)
	frames := fillStdin()
	s, c, n := ticked(t, before.step(), "input:300000", "print:read", "drain")
	before.reached()
	c.write(frames)
	n.stuck()
	for range 3 * maxSilence {
		n.pings.tick()
		c.nextPing()
	}
	before.open()
	c.wantText("read")
	c.close(1000)
	c.wantCloseCode(1000, "")
	s.log.end(t).wantAttrs(t, map[string]string{"code": "1000", "messages_in": "3000"})
}

// smallSockets makes the sockets of a session hold little.
func smallSockets(t testing.TB, c *rawClient, n *session) {
	t.Helper()
	if err := c.conn.(*net.TCPConn).SetReadBuffer(16 << 10); err != nil {
		t.Fatal(err)
	}
	if err := n.conn.Conn.(*net.TCPConn).SetWriteBuffer(256 << 10); err != nil {
		t.Fatal(err)
	}
}

// blocked returns when a write does not get on any more, or nothing will be
// written.
func (c *conn) blocked() {
	for same, writes := 0, uint64(0); same < 10_000 && !c.broken.Load(); same++ {
		runtime.Gosched()
		if c.wmu.TryLock() {
			c.wmu.Unlock()
			same = 0
		} else if !full(c.Conn) {
			same = 0
		}
		if now := c.writes.Load(); now != writes {
			same, writes = 0, now
		}
	}
}

// stuck returns when receive does not get on in a write to stdin, or the session
// has ended.
func (s *session) stuck() {
	for same := 0; same < 10_000 && !s.conn.broken.Load(); same++ {
		runtime.Gosched()
		if !s.inStdin.Load() {
			same = 0
		}
	}
}

// A client that reads slowly has a ping still before it when the next one is
// due: as long as output moves it lives.
func TestKeepaliveKeepsSlowReader(t *testing.T) {
	before := newGate(t)
	s, c, n := ticked(t, before.step(), "long:20000000")
	smallSockets(t, c, n)
	before.reached()
	before.open()
	piece := make([]byte, 4<<10)
	for range 5 * maxSilence {
		n.conn.blocked()
		n.pings.tick()
		// The client reads just as much as lets two batches go on their way.
		for until := n.conn.writes.Load() + 2; n.conn.writes.Load() < until; {
			if _, err := io.ReadFull(c.in, piece); err != nil {
				t.Fatalf("a client that reads slowly was dropped: %v", err)
			}
		}
	}
	if ends := s.log.all("DISCONNECT"); len(ends) > 0 {
		t.Errorf("a client that reads slowly was dropped: %v", ends)
	}
	c.conn.Close()
}

// One that reads nothing at all is dropped although output waits for it.
func TestKeepaliveDropsStalledReader(t *testing.T) {
	s := serve(t, Config{Command: play("long:100000000"), PingPeriod: 100 * time.Millisecond})
	s.client(t)
	s.log.end(t).wantAttrs(t, map[string]string{"code": "1006", "detail": "client answered no ping"})
}

// Nobody is behind the connection any more, while a backend that reads no stdin
// keeps the server from seeing its end: only writing to it tells.
func TestKeepaliveEndsVanishedClientOfDeafBackend(t *testing.T) {
	for _, linger := range []int{-1, 0} { // FIN, RST
		s, c, n := ticked(t, "print:up", "hang")
		c.wantText("up")
		c.write(fillStdin())
		n.stuck()
		c.conn.(*net.TCPConn).SetLinger(linger)
		c.conn.Close()
		for !n.conn.broken.Load() { // the first ping is answered by RST, a later one can't be written
			n.pings.tick()
			runtime.Gosched()
		}
		n.pings.tick()
		s.log.end(t).wantAttrs(t, map[string]string{"code": "1006"})
	}
}

// No pings without a period.
func TestKeepaliveOff(t *testing.T) {
	s := serveSteps(t, "echo")
	c := s.client(t)
	n := s.only(t)
	if n.pings.timer != nil {
		t.Error("a timer runs")
	}
	echoed(t, c, "hello")
	if c.pings != 0 {
		t.Errorf("%d pings", c.pings)
	}
}
