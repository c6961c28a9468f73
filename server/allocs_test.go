//go:build !race

package server

import (
	"bytes"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"wsd/server/lazyio"
	"wsd/server/servertest"
	"wsd/server/websocket"
)

// A session allocates nothing for a message. The race detector makes sync.Pool
// forget at random, so these tests run without it.

// swallower is a client that does as little as it can: it counts messages.
type swallower struct {
	conn net.Conn
	in   *lazyio.Reader
	done int    // messages that have begun to come
	left uint64 // bytes of the payload that is being read
}

func newSwallower(c *servertest.Client) *swallower {
	c.Conn.SetDeadline(time.Time{})
	early, _ := c.In.Peek(c.In.Buffered())
	return &swallower{conn: c.Conn, in: lazyio.NewReader(c.Conn, early)}
}

// mustRead reads until so many messages have come in all.
func (w *swallower) mustRead(t testing.TB, messages int) {
	t.Helper()
	for w.done < messages {
		b := w.in.Unread()
		if w.left > 0 {
			n := min(w.left, uint64(len(b)))
			w.in.Use(int(n))
			w.left -= n
			b = w.in.Unread()
		}
		h, ok, err := websocket.ParseHeader(b, false) // of nothing, inside a payload
		switch {
		case w.left == 0 && ok:
			w.in.Use(h.Size)
			w.left = h.Length
			if h.Fin && !h.IsControl() {
				w.done++
			}
			continue
		case err == nil:
			err = w.in.Fill()
		}
		if err != nil {
			t.Fatalf("after %d of %d messages: %v", w.done, messages, err)
		}
	}
}

// writeFrames writes count messages; frames hold some of equal size.
func writeFrames(conn net.Conn, frames []byte, messages, count int) error {
	size := len(frames) / messages
	for ; count > 0; count -= messages {
		if _, err := conn.Write(frames[:min(count, messages)*size]); err != nil {
			return err
		}
	}
	return nil
}

// mallocs is how many allocations f makes, in all of the process.
func mallocs(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.GC() // a collection in f would empty the pools
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.Mallocs - before.Mallocs
}

// Through a live session, from socket to stdin and from stdout to socket, a
// million messages each way.
func TestStreamAllocatesNothing(t *testing.T) {
	for _, tt := range []struct {
		name        string
		size, count int
	}{{"64B", 64, 1_000_000}, {"1KiB", 1 << 10, 200_000}, {"500KB", 500_000, 500}} {
		t.Run(tt.name, func(t *testing.T) {
			s := serveSteps(t, "echo")
			w := newSwallower(s.client(t))
			one := textFrame(strings.Repeat("x", tt.size))
			messages := max(1, lazyio.BufferSize/len(one))
			frames := bytes.Repeat(one, messages)
			rounds := make(chan int)
			sent := make(chan error, 2)
			go func() { // ends with rounds, which is closed below
				for count := range rounds {
					sent <- writeFrames(w.conn, frames, messages, count)
				}
			}()
			defer close(rounds)
			pass := func(count int) {
				want := w.done + count
				rounds <- count
				w.mustRead(t, want)
				if err := <-sent; err != nil {
					t.Fatal(err)
				}
			}
			pass(tt.count / 10) // after which all is warm
			if n := mallocs(func() { pass(tt.count) }); n > 300 {
				t.Errorf("%d allocations for %d messages each way", n, tt.count)
			} else {
				t.Logf("%d allocations for %d messages each way", n, tt.count)
			}
		})
	}
}

// Nor do messages that come one by one, each with a wait before it.
func TestRoundTripsAllocateNothing(t *testing.T) {
	s := serveSteps(t, "echo")
	w := newSwallower(s.client(t))
	frame := textFrame("hello")
	trips := func(count int) {
		for range count {
			if _, err := w.conn.Write(frame); err != nil {
				t.Fatal(err)
			}
			w.mustRead(t, w.done+1)
		}
	}
	trips(100)
	const count = 10_000
	if n := mallocs(func() { trips(count) }); n > 300 {
		t.Errorf("%d allocations for %d messages each way", n, count)
	} else {
		t.Logf("%d allocations for %d messages each way", n, count)
	}
}
