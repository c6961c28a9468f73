package server

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"wsd/server/servertest"
)

// nextPong reads up to a pong and returns its payload. Frames of data before it
// are skipped.
func nextPong(t *testing.T, c *servertest.Client) string {
	t.Helper()
	for {
		f, err := c.ReadFrame()
		if err != nil {
			t.Fatalf("reading up to a pong: %v", err)
		}
		switch f.Opcode {
		case servertest.Pong:
			return string(f.Payload)
		case servertest.Close:
			t.Fatalf("reading up to a pong: %v", servertest.ParseClose(f.Payload))
		}
	}
}

// pingUntil sends numbered pings, as fast as they go, until done is closed.
func pingUntil(conn net.Conn, done <-chan struct{}) {
	for sent := 1; ; sent++ {
		select {
		case <-done:
			return
		default:
			if _, err := conn.Write(ping(fmt.Sprintf("ping %d", sent))); err != nil {
				return
			}
		}
	}
}

// Pings that come at once are answered one by one.
func TestPingsAtOnce(t *testing.T) {
	t.Parallel()
	c := serveSteps(t, "drain").client(t)
	var pings []byte
	for i := range 10 {
		pings = append(pings, ping(fmt.Sprint(i))...)
	}
	c.Write(pings)
	for i := range 10 {
		if pong := nextPong(t, c); pong != fmt.Sprint(i) {
			t.Fatalf("pong %q, want %d", pong, i)
		}
	}
}

// Pongs stand between frames, never inside one, however many there are of both.
func TestPongsDuringOutput(t *testing.T) {
	t.Parallel()
	for name, steps := range map[string][]string{
		"lines":      {"lines:50000,100"},
		"long lines": slices.Repeat([]string{"long:100000", "write:0a"}, 50),
		"one line":   {"long:5000000"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serveSteps(t, append(steps, "write:0a", "close:stdout", "drain")...)
			c := s.client(t)
			done, sent := make(chan struct{}), make(chan struct{})
			go func() { defer close(sent); pingUntil(c.Conn, done) }() // ends by done; waited for below
			for total, last := 0, 0; total < 5_000_000; {
				f, err := c.ReadFrame()
				if err != nil {
					t.Fatal(err)
				}
				if f.Opcode != servertest.Pong {
					total += len(f.Payload)
					if strings.Contains(string(f.Payload), "ping") {
						t.Fatalf("%v holds a pong", f)
					}
					continue
				}
				n := 0
				if _, err := fmt.Sscanf(string(f.Payload), "ping %d", &n); err != nil || n <= last {
					t.Fatalf("pong %q after ping %d", f.Payload, last)
				}
				last = n
			}
			close(done)
			<-sent
			c.SendPing("the end")
			for pong := ""; pong != "the end"; pong = nextPong(t, c) {
			}
		})
	}
}

// A client that pings and reads nothing costs neither memory nor goroutines, and
// gets an answer to its last ping when it reads again.
func TestPingFlood(t *testing.T) {
	for name, steps := range map[string][]string{
		"quiet":  {"drain"},
		"output": {"lines:100000000,1000"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serveSteps(t, steps...)
			c := s.client(t)
			batch := make([]byte, 0, 64<<10)
			ping := ping(strings.Repeat("p", 125))
			for len(batch)+len(ping) <= cap(batch) {
				batch = append(batch, ping...)
			}
			before := freshMemory()
			for i := range 200 { // a hundred thousand pings, more than any socket's buffers hold
				c.Write(batch)
				if i%20 == 0 {
					wantBounded(t, before, measure())
				}
			}
			wantBounded(t, before, measure())
			if name == "quiet" {
				c.SendPing("the last")
				for pong := ""; pong != "the last"; pong = nextPong(t, c) {
				}
			}
			c.Conn.Close()
			s.log.Wait(t, "DISCONNECT")
		})
	}
}

// A close frame in the middle of output is answered between two frames, and
// nothing follows the answer.
func TestCloseDuringOutput(t *testing.T) {
	t.Parallel()
	for name, steps := range map[string][]string{
		"lines":    {"lines:100000000,10000"},
		"one line": {"long:2000000000"},
	} {
		t.Run("by client, "+name, func(t *testing.T) {
			t.Parallel()
			s := serveSteps(t, steps...)
			c := s.client(t)
			for range 20 {
				if _, err := c.ReadFrame(); err != nil {
					t.Fatal(err)
				}
			}
			c.Write(closeWith(3456, "enough"))
			skipToClose(t, c, 3456)
			c.WantEnd()
			s.log.Wait(t, "DISCONNECT").Want(t, "code", "3456", "reason", "enough")
		})
		t.Run("by server, "+name, func(t *testing.T) {
			t.Parallel()
			s := serveSteps(t, steps...)
			c := s.client(t)
			if _, err := c.ReadFrame(); err != nil {
				t.Fatal(err)
			}
			closed := make(chan struct{})
			go func() { defer close(closed); s.Close() }() // ends with the session; waited for below
			skipToClose(t, c, 1001)
			c.SendClose(1001)
			c.WantEnd()
			<-closed
		})
		t.Run("by fault, "+name, func(t *testing.T) {
			t.Parallel()
			s := serveSteps(t, steps...)
			c := s.client(t)
			if _, err := c.ReadFrame(); err != nil {
				t.Fatal(err)
			}
			c.Send("\xff")
			skipToClose(t, c, 1007)
			c.SendClose(1007)
			c.WantEnd()
		})
	}
}

// skipToClose reads frames up to a close frame with this code.
func skipToClose(t *testing.T, c *servertest.Client, code int) {
	t.Helper()
	for {
		f, err := c.ReadFrame()
		if err != nil {
			t.Fatalf("reading up to the close frame: %v", err)
		}
		if f.Opcode == servertest.Close {
			var closed servertest.CloseError
			if err := servertest.ParseClose(f.Payload); !errors.As(err, &closed) || closed.Code != code {
				t.Fatalf("%v, want %d", err, code)
			}
			return
		}
	}
}

// A client whose close frame comes while its socket is full of output gets the
// answer when it reads on.
func TestCloseBeforeReading(t *testing.T) {
	t.Parallel()
	gate := servertest.NewGate(t)
	s := serveSteps(t, gate.Hold(), "lines:1000000,1000")
	c := s.client(t)
	gate.Reached()
	c.Write(slices.Concat(textFrame("last words"), closeWith(1000, "")))
	skipToClose(t, c, 1000)
	c.WantEnd()
	s.log.Wait(t, "DISCONNECT").Want(t, "code", "1000", "messages_in", "1")
}
