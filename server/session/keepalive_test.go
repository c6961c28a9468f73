package session

import (
	"errors"
	"io"
	"net"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"wsd/server/lazyio"
	"wsd/server/servertest"
	"wsd/server/websocket"
)

// The clock of these tests is turned by hand, by calls of tick, but for those that
// give a period of their own.

// ticked begins a session with a keepalive that only tick moves.
func ticked(t *testing.T, steps ...string) *running {
	t.Helper()
	return begin(t, Config{PingPeriod: time.Hour}, steps...)
}

func (r *running) tick() { r.link.pings.tick() }

// tickWhenQuiet is tick when the session waits for the client, which has all: what it
// has read may still be on its way for the server, and count as a sign of life.
func (r *running) tickWhenQuiet() {
	for {
		if signs := r.link.conn.Signs(); signs.Reading && !signs.Writing && signs.Unsent == 0 {
			break
		}
		runtime.Gosched()
	}
	r.tick()
}

// nextPing reads the next frame, a ping, and answers it unless the client is deaf.
func (r *running) nextPing(t testing.TB) {
	t.Helper()
	f, err := r.ReadFrame()
	if err != nil || f.Opcode != servertest.Ping {
		t.Fatalf("%v, %v; want a ping", f, err)
	}
	if !r.Deaf {
		r.Write(servertest.Frame(servertest.Fin|servertest.Pong, string(f.Payload)))
	}
}

func TestKeepaliveDropsSilentClient(t *testing.T) {
	t.Parallel()
	r := begin(t, Config{PingPeriod: 300 * time.Millisecond, CloseDelay: servertest.Patience}, "print:up", "drain")
	r.Want("up")
	r.Deaf = true
	if rest, err := r.ReadAll(); len(rest) > 0 || err != io.EOF && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("a silent client gets %q, %v; want pings and the end", rest, err)
	}
	if r.Pings == 0 {
		t.Error("it was not even asked")
	}
	if end := r.wantEnd(t, websocket.CodeLost, "client answered no ping"); end.Exit == nil || !end.Exit.OK() {
		t.Errorf("the backend ended with %v", end.Exit)
	}
}

func TestKeepaliveKeepsAnsweringClient(t *testing.T) {
	t.Parallel()
	r := ticked(t, "echo")
	for range 3 * maxSilence {
		r.tickWhenQuiet()
		r.nextPing(t)
		r.WantEcho("behind the pong") // so that this has been read
	}
	r.SendClose(1000)
	r.wantEnd(t, websocket.CodeOK, "")
}

// Any bytes are a sign of life, a part of a frame, too.
func TestKeepaliveTakesBytesForLife(t *testing.T) {
	t.Parallel()
	r := ticked(t, "echo")
	r.Deaf = true
	long := servertest.Message(strings.Repeat("x", 50))
	for i := range long {
		reads := r.link.conn.Signs().Reads
		r.Write(long[i : i+1])
		for r.link.conn.Signs().Reads == reads { // the receiving goroutine is on its way
			runtime.Gosched()
		}
		r.tick()
	}
	r.Want(strings.Repeat("x", 50))
}

func TestKeepaliveDropsAtSecondSilence(t *testing.T) {
	t.Parallel()
	r := ticked(t, "print:up", "drain")
	r.Deaf = true
	r.Want("up")
	r.tickWhenQuiet()
	r.nextPing(t)
	r.Sync() // life
	r.tickWhenQuiet()
	r.nextPing(t)
	r.tickWhenQuiet()
	r.nextPing(t)
	r.tickWhenQuiet()
	r.wantEnd(t, websocket.CodeLost, "client answered no ping")
}

// stdinful is more than a pipe and the buffers before it hold: 3,000 messages.
func stdinful() []byte {
	return []byte(strings.Repeat(string(servertest.Message(strings.Repeat("x", 100))), 3_000))
}

// stuck returns when receive does not get on in a write to stdin.
func (r *running) stuck() {
	for same := 0; same < 10_000; same++ {
		runtime.Gosched()
		if r.link.conn.Signs().Reading {
			same = 0
		}
	}
}

// While the backend takes no input no pong is read: that is not the client's
// fault, and it is not asked.
func TestKeepaliveKeepsClientOfBusyBackend(t *testing.T) {
	t.Parallel()
	before := servertest.NewGate(t)
	r := ticked(t, before.Step(), "input:300000", "print:read", "drain")
	before.Reached()
	r.Write(stdinful())
	r.stuck()
	for range 3 * maxSilence {
		r.tick()
	}
	before.Open()
	r.Want("read")
	if r.Pings != 0 {
		t.Errorf("%d pings came that nobody would have heard an answer to", r.Pings)
	}
	r.SendClose(1000)
	if end := r.wantEnd(t, websocket.CodeOK, ""); end.MessagesIn != 3_000 {
		t.Errorf("%d messages were taken", end.MessagesIn)
	}
}

// Nor is one read of a client whose message waits for memory.
func TestKeepaliveKeepsClientThatWaitsForMemory(t *testing.T) {
	t.Parallel()
	// Memory for one message of this length.
	half := strings.Repeat("x", lazyio.BufferSize+1)
	cfg := Config{PingPeriod: time.Hour, Buffered: &websocket.Budget{Limit: lazyio.BufferSize, Patience: time.Hour}}
	holder, waiter := begin(t, cfg, "drain"), begin(t, cfg, "echo")
	holder.Write(servertest.Frame(servertest.Text, half))
	holder.Sync()
	waiter.Write(servertest.Frame(servertest.Text, half))
	waiter.stuck()
	for range 3 * maxSilence {
		waiter.tick()
	}
	holder.Write(servertest.Frame(servertest.Fin|servertest.Continuation, ""))
	waiter.Write(servertest.Frame(servertest.Fin|servertest.Continuation, "y"))
	waiter.Want(half + "y")
}

// blocked returns when a write does not get on any more, or nothing will be
// written.
func (r *running) blocked() {
	writes := uint64(0)
	for same := 0; same < 10_000; same++ {
		runtime.Gosched()
		signs := r.link.conn.Signs()
		if signs.Broken {
			return
		}
		if !signs.Writing || !full(r.server) || signs.Writes != writes {
			same, writes = 0, signs.Writes
		}
	}
}

// A client that reads slowly has a ping still before it when the next one is
// due: as long as output moves it lives.
func TestKeepaliveKeepsSlowReader(t *testing.T) {
	before := servertest.NewGate(t)
	r := ticked(t, before.Step(), "long:20000000")
	if err := errors.Join(r.Conn.(*net.TCPConn).SetReadBuffer(16<<10), r.server.(*net.TCPConn).SetWriteBuffer(256<<10)); err != nil {
		t.Fatal(err)
	}
	before.Reached()
	before.Open()
	piece := make([]byte, 4<<10)
	for range 5 * maxSilence {
		r.blocked()
		r.tick()
		// The client reads just as much as lets two batches go on their way.
		for until := r.link.conn.Signs().Writes + 2; r.link.conn.Signs().Writes < until; {
			if _, err := io.ReadFull(r.In, piece); err != nil {
				t.Fatalf("a client that reads slowly was dropped: %v", err)
			}
		}
	}
	select {
	case end := <-r.ended:
		t.Errorf("a client that reads slowly was dropped: %+v", end)
	default:
	}
}

// One that reads nothing at all is dropped although output waits for it.
func TestKeepaliveDropsStalledReader(t *testing.T) {
	t.Parallel()
	r := begin(t, Config{PingPeriod: 100 * time.Millisecond}, "long:100000000")
	r.wantEnd(t, websocket.CodeLost, "client answered no ping")
}

// A client that has sent all, a close frame too, and is gone loses nothing to the
// keepalive, however late the backend reads.
func TestKeepaliveLeavesWhatIsUnread(t *testing.T) {
	t.Parallel()
	before := servertest.NewGate(t)
	r := ticked(t, before.Step(), "drain")
	if err := r.server.(*net.TCPConn).SetReadBuffer(16 << 10); err != nil {
		t.Fatal(err)
	}
	before.Reached()
	r.Write(slices.Concat(stdinful(), servertest.CloseFrame(1000, "")))
	r.Conn.Close() // its kernel has a part of that
	r.stuck()
	for range 3 * maxSilence {
		r.tick()
	}
	before.Open()
	if end := r.wantEnd(t, websocket.CodeOK, "client closed"); end.MessagesIn != 3_000 {
		t.Errorf("%d messages were taken", end.MessagesIn)
	}
}

// No pings without a period.
func TestKeepaliveOff(t *testing.T) {
	t.Parallel()
	r := begin(t, Config{}, "echo")
	if r.link.pings.timer != nil {
		t.Error("a timer runs")
	}
	r.WantEcho("hello")
	if r.Pings != 0 {
		t.Errorf("%d pings", r.Pings)
	}
}
