package server

import (
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"wsd/server/lazyio"
	"wsd/server/servertest"
)

// half needs one buffer beyond the one that each session has.
var half = strings.Repeat("x", lazyio.BufferSize+1)

// scarce is a server with memory for so many buffers beyond that, whose clients wait
// for so long before one of them is closed.
func scarce(t *testing.T, buffers int64, patience time.Duration, cfg Config) *testServer {
	cfg.MaxBuffered = buffers * lazyio.BufferSize
	s := serve(t, cfg)
	s.buffered.Patience = patience
	return s
}

// hold sends what takes memory, and returns when it has arrived.
func hold(c *servertest.Client, frames ...[]byte) {
	c.Write(slices.Concat(frames...))
	c.Sync()
}

// The memory for half-arrived messages, beyond a buffer of each session, is shared by
// all. Who wants more than there is waits; who needs no more than a buffer does not.
func TestMaxBuffered(t *testing.T) {
	t.Parallel()
	s := scarce(t, 2, servertest.Patience, Config{Command: servertest.Play("echo")})
	one, two, three, four := s.client(t), s.client(t), s.client(t), s.client(t)
	hold(one, fragment(half))
	hold(two, fragment(half))
	three.Write(slices.Concat(fragment(half), final("z"))) // waits
	hold(four, fragment("in two "))
	four.Write(final("segments"))
	four.Want("in two segments")
	one.Write(final("y")) // makes room
	one.Want(half + "y")
	three.Want(half + "z")
	two.Write(final("y"))
	two.Want(half + "y")

	hold(one, fragment(half))
	one.Conn.Close()
	s.log.Wait(t, "DISCONNECT")
	if used := s.buffered.Used(); used != 0 {
		t.Errorf("%d bytes are taken, want 0", used)
	}
}

// When nothing is given back for too long, it is not the one who asks that is closed,
// but who has held most for longest, whatever it waits for.
func TestMaxBufferedClosesTheLargest(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		step    string
		holds   [][]byte
		buffers int64
		other   bool // somebody else holds less, and stays
	}{
		"the client": {"drain", [][]byte{fragment(half), more(half)}, 3, true},
		// which takes a while to end, so that others might be asked, too
		"the backend": {"hang", [][]byte{fragment(half), final(half)}, 2, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scarce(t, tt.buffers, 400*time.Millisecond, Config{Command: servertest.Play("print:up", tt.step)})
			largest, other, asks := s.client(t), s.client(t), s.client(t)
			for _, c := range []*servertest.Client{largest, other, asks} {
				c.Want("up")
			}
			go largest.TryWrite(slices.Concat(tt.holds...)) // ends with the connection
			for s.buffered.Used() < 2*lazyio.BufferSize {
				runtime.Gosched()
			}
			if tt.other {
				hold(other, fragment(half))
			}
			hold(asks, fragment(half)) // waits
			largest.WantCloseFrame(1013, "no memory for the message now")
			largest.Conn.Close()
			s.log.Wait(t, "DISCONNECT").Want(t, "code", "1013", "detail", "no memory for the message now ({MaxBuffered})")
			if tt.other {
				hold(other, final("y"))
			}
			for _, c := range []*servertest.Client{other, asks} {
				c.Conn.Close()
			}
		})
	}
}

// A session that waits for memory ends as any other does: with its backend, which gets
// all that came before, and with the server.
func TestWaitForMemoryEnds(t *testing.T) {
	t.Parallel()
	s := scarce(t, 1, servertest.Patience, Config{Command: servertest.Play("print:up", "input:2")})
	one, two, three := s.client(t), s.client(t), s.client(t)
	for _, c := range []*servertest.Client{one, two, three} {
		c.Want("up")
	}
	hold(one, fragment(half))
	two.Write(slices.Concat(textFrame("!"), fragment(half)))
	two.WantClose(1000, "")
	s.log.Wait(t, "DISCONNECT").Want(t, "code", "1000", "messages_in", "1")
	three.Write(fragment(half))
	closed := make(chan struct{})
	go func() { defer close(closed); s.Close() }() // ends below
	one.WantClose(1001, "server is shutting down")
	three.WantClose(1001, "server is shutting down")
	<-closed
}
