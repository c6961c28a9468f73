package server

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"wsd/server/servertest"
	"wsd/server/websocket"
)

// nextPong reads up to a pong and returns its payload. Frames of data before it
// are skipped.
func (c *rawClient) nextPong() string {
	c.t.Helper()
	for {
		f, err := c.readFrame()
		if err != nil {
			c.t.Fatalf("reading up to a pong: %v", err)
		}
		switch f.opcode {
		case websocket.OpPong:
			return string(f.payload)
		case websocket.OpClose:
			c.t.Fatalf("reading up to a pong: %v", parseClose(f.payload))
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
			if _, err := conn.Write(clientFrame(websocket.FinBit|websocket.OpPing, fmt.Appendf(nil, "ping %d", sent))); err != nil {
				return
			}
		}
	}
}

// Pings that come at once are answered one by one.
func TestPingsAtOnce(t *testing.T) {
	c := serveSteps(t, "drain").client(t)
	var pings []byte
	for i := range 10 {
		pings = append(pings, clientFrame(websocket.FinBit|websocket.OpPing, fmt.Append(nil, i))...)
	}
	c.write(pings)
	for i := range 10 {
		if pong := c.nextPong(); pong != fmt.Sprint(i) {
			t.Fatalf("pong %q, want %d", pong, i)
		}
	}
}

// Pongs stand between frames, never inside one, however many there are of both.
func TestPongsDuringOutput(t *testing.T) {
	for name, steps := range map[string][]string{
		"lines":      {"lines:50000,100"},
		"long lines": slices.Repeat([]string{"long:100000", "write:0a"}, 50),
		"one line":   {"long:5000000"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serveSteps(t, append(steps, "write:0a", "close:stdout", "drain")...)
			c := s.client(t)
			done, sent := make(chan struct{}), make(chan struct{})
			go func() { defer close(sent); pingUntil(c.conn, done) }() // ends by done; waited for below
			for total, last := 0, 0; total < 5_000_000; {
				f, err := c.readFrame()
				if err != nil {
					t.Fatal(err)
				}
				if f.opcode != websocket.OpPong {
					total += len(f.payload)
					if strings.Contains(string(f.payload), "ping") {
						t.Fatalf("%v holds a pong", f)
					}
					continue
				}
				n := 0
				if _, err := fmt.Sscanf(string(f.payload), "ping %d", &n); err != nil || n <= last {
					t.Fatalf("pong %q after ping %d", f.payload, last)
				}
				last = n
			}
			close(done)
			<-sent
			c.ping("the end")
			for pong := ""; pong != "the end"; pong = c.nextPong() {
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
			ping := clientFrame(websocket.FinBit|websocket.OpPing, []byte(strings.Repeat("p", 125)))
			for len(batch)+len(ping) <= cap(batch) {
				batch = append(batch, ping...)
			}
			before := freshMemory()
			for i := range 200 { // a hundred thousand pings, more than any socket's buffers hold
				c.write(batch)
				if i%20 == 0 {
					wantBounded(t, before, measure())
				}
			}
			wantBounded(t, before, measure())
			if name == "quiet" {
				c.ping("the last")
				for pong := ""; pong != "the last"; pong = c.nextPong() {
				}
			}
			c.conn.Close()
			s.log.end(t)
		})
	}
}

// A close frame in the middle of output is answered between two frames, and
// nothing follows the answer.
func TestCloseDuringOutput(t *testing.T) {
	for name, steps := range map[string][]string{
		"lines":    {"lines:100000000,10000"},
		"one line": {"long:2000000000"},
	} {
		t.Run("by client, "+name, func(t *testing.T) {
			s := serveSteps(t, steps...)
			c := s.client(t)
			for range 20 {
				if _, err := c.readFrame(); err != nil {
					t.Fatal(err)
				}
			}
			c.write(clientFrame(websocket.FinBit|websocket.OpClose, closePayload(3456, "enough")))
			c.skipToClose(3456)
			c.wantEnd()
			s.log.end(t).wantAttrs(t, map[string]string{"code": "3456", "reason": "enough"})
		})
		t.Run("by server, "+name, func(t *testing.T) {
			s := serveSteps(t, steps...)
			c := s.client(t)
			if _, err := c.readFrame(); err != nil {
				t.Fatal(err)
			}
			closed := make(chan struct{})
			go func() { defer close(closed); s.Close() }() // ends with the session; waited for below
			c.skipToClose(1001)
			c.close(1001)
			c.wantEnd()
			<-closed
		})
		t.Run("by fault, "+name, func(t *testing.T) {
			s := serveSteps(t, steps...)
			c := s.client(t)
			if _, err := c.readFrame(); err != nil {
				t.Fatal(err)
			}
			c.text("\xff")
			c.skipToClose(1007)
			c.close(1007)
			c.wantEnd()
		})
	}
}

// skipToClose reads frames up to a close frame with this code.
func (c *rawClient) skipToClose(code int) {
	c.t.Helper()
	for {
		f, err := c.readFrame()
		if err != nil {
			c.t.Fatalf("reading up to the close frame: %v", err)
		}
		if f.opcode == websocket.OpClose {
			var closed errClosed
			if err := parseClose(f.payload); !errors.As(err, &closed) || closed.code != code {
				c.t.Fatalf("%v, want %d", err, code)
			}
			return
		}
	}
}

// A client whose close frame comes while its socket is full of output gets the
// answer when it reads on.
func TestCloseBeforeReading(t *testing.T) {
	gate := servertest.NewGate(t)
	s := serveSteps(t, gate.Hold(), "lines:1000000,1000")
	c := s.client(t)
	gate.Reached()
	c.write(joined(textFrame("last words"), clientFrame(websocket.FinBit|websocket.OpClose, closePayload(1000, ""))))
	c.skipToClose(1000)
	c.wantEnd()
	s.log.end(t).wantAttrs(t, map[string]string{"code": "1000", "messages_in": "1"})
}

// A client that answers pings stays, one that does not is dropped without a close
// frame, which it would not read.
func TestKeepalive(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Command: servertest.Play("drain"), PingPeriod: 300 * time.Millisecond})
	c := s.client(t)
	for c.pings < 4 {
		f, err := c.readFrame()
		if err != nil {
			t.Fatalf("after %d pings: %v", c.pings, err)
		}
		if _, err := c.take(f); err != nil {
			t.Fatal(err)
		}
	}
	c.autoPong = false
	if rest, err := c.readRest(); err != io.EOF || rest != nil {
		t.Errorf("%q, %v; want the connection's end", rest, err)
	}
	end := s.log.end(t)
	end.wantAttrs(t, map[string]string{"code": "1006", "exit": "exit status 0"})
	if !strings.Contains(end.attrs["detail"], "ping") {
		t.Error(end)
	}
}
