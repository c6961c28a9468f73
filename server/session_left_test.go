package server

import (
	"context"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"wsd/server/servertest"
	"wsd/server/websocket"
)

// What happens to what the client sent before it left.

// numbered is a number of messages, as frames and as the lines they become.
func numbered(count, size int) (frames []byte, lines string) {
	var want strings.Builder
	for i := range count {
		line := servertest.TestLine(i, size)
		frames = append(frames, textFrame(line)...)
		want.WriteString(line + "\n")
	}
	return frames, want.String()
}

func wantRecording(t *testing.T, file, want string) {
	t.Helper()
	if got := readRecording(t, file); got != want {
		t.Errorf("the backend got %d bytes, %s; want %d bytes, %s", len(got), short(got), len(want), short(want))
	}
}

func TestDeliveredBeforeClose(t *testing.T) {
	for _, leave := range []string{"close frame", "FIN"} {
		t.Run(leave, func(t *testing.T) {
			file := recording(t)
			s := serveSteps(t, "read:"+file)
			frames, want := numbered(10_000, 100)
			c := s.client(t)
			if leave == "FIN" {
				c.write(frames)
				c.conn.Close()
			} else {
				c.write(joined(frames, clientFrame(websocket.FinBit|websocket.OpClose, closePayload(1000, ""))))
				c.wantCloseCode(1000, "")
				c.wantEnd()
			}
			end := s.log.end(t)
			wantRecording(t, file, want)
			end.wantAttrs(t, map[string]string{"messages_in": "10000", "bytes_in": "1000000", "exit": "exit status 0"})
		})
	}
}

func TestDeliveredToSlowBackend(t *testing.T) {
	file, gate := recording(t), servertest.NewGate(t)
	s := serveSteps(t, gate.Step(), "read:"+file)
	frames, want := numbered(1_000, 150)
	c := s.client(t)
	gate.Reached()
	c.write(frames)
	c.conn.Close()
	gate.Open()
	s.log.end(t)
	wantRecording(t, file, want)
}

// A client that has sent and left is no reason to drop what it sent because the
// backend's next line can't be written any more.
func TestDeliveredAlthoughOutputFails(t *testing.T) {
	file, before, after := recording(t), servertest.NewGate(t), servertest.NewGate(t)
	s, addr := serveUnix(t, Config{Command: servertest.Play(before.Step(), "lines:3,10", after.Step(), "read:"+file)})
	conn, err := net.Dial("unix", addr)
	if err != nil {
		t.Fatal(err)
	}
	c := newRawClient(t, conn).upgrade("/")
	before.Reached()
	// More than the pipe and the server's own buffers hold, less than with the
	// socket's.
	frames, want := numbered(1_900, 100)
	c.write(frames)
	c.conn.Close()
	before.Open() // three lines that nobody reads: the write fails
	after.Reached()
	after.Open()
	s.log.end(t)
	wantRecording(t, file, want)
}

// serveUnix is serve on a Unix socket, whose buffers keep what was sent before
// its peer closed it.
func serveUnix(t *testing.T, cfg Config) (*testServer, string) {
	t.Helper()
	log := newLogBook()
	cfg.Log, cfg.Env = log.logger(), []string{quickExit}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	path := socketPath(t)
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	hs := httptest.NewUnstartedServer(s)
	hs.Listener.Close()
	hs.Listener = l
	hs.Start()
	t.Cleanup(func() {
		within(t, "Close", s.Close)
		hs.Close()
		if t.Failed() {
			log.dump(t)
		}
	})
	return &testServer{Server: s, log: log}, path
}

// fillStdin is enough messages to fill a backend's pipe and the server's buffers.
func fillStdin() []byte {
	frames, _ := numbered(3_000, 100)
	return frames
}

// A backend that never reads must not keep a session, and a place of
// MaxForks, for ever when its client has closed the connection properly.
func TestClientClosesWhileBackendReadsNothing(t *testing.T) {
	s := serveSteps(t, "print:up", "hang")
	c := s.client(t)
	c.wantText("up")
	c.write(textFrame(strings.Repeat("x", 65_535))) // and its newline: what a pipe holds
	// The close frame comes with, and so is seen with, a message that does not fit.
	c.write(joined(textFrame("one more"), clientFrame(websocket.FinBit|websocket.OpClose, closePayload(1000, ""))))
	c.wantCloseCode(1000, "")
	s.log.end(t).wantAttrs(t, map[string]string{"code": "1000"})
}

// The same, when the server has not come to reading the close frame.
func TestClientVanishesWhileBackendReadsNothing(t *testing.T) {
	s := serve(t, Config{Command: servertest.Play("print:up", "hang"), PingPeriod: 100 * time.Millisecond})
	c := s.client(t)
	c.wantText("up")
	c.write(fillStdin())
	c.conn.Close()
	s.log.end(t)
}

// longerThanFiveSeconds is longer than github.com/coder/websocket, which read
// frames here once, gave a control frame to arrive.
func longerThanFiveSeconds(t *testing.T) {
	if testing.Short() {
		t.Skip("takes six seconds")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Second)
	defer cancel()
	<-ctx.Done()
}

// A ping that a stalled link has cut is no reason to lose the session.
func TestPingComesSlowly(t *testing.T) {
	t.Parallel()
	s := serveSteps(t, "echo")
	c := s.client(t)
	ping := clientFrame(websocket.FinBit|websocket.OpPing, []byte("late"))
	c.write(ping[:7])
	longerThanFiveSeconds(t)
	c.write(joined(ping[7:], textFrame("alive")))
	c.wantText("alive")
	c.close(1000)
	c.wantCloseCode(1000, "") // before which the pong has come, if not earlier
	if c.pongs != 1 {
		t.Errorf("%d pongs for one ping", c.pongs)
	}
}

// Nor is a backend that is slow at taking what came before the ping.
func TestSlowBackendDuringPing(t *testing.T) {
	t.Parallel()
	gate := servertest.NewGate(t)
	s := serveSteps(t, gate.Step(), "input:120002", "print:read", "drain")
	c := s.client(t)
	gate.Reached()
	c.text(strings.Repeat("x", 60_000))
	ping := clientFrame(websocket.FinBit|websocket.OpPing, []byte("late"))
	c.write(joined(textFrame(strings.Repeat("y", 60_000)), ping[:7]))
	longerThanFiveSeconds(t)
	c.write(ping[7:])
	gate.Open()
	c.wantText("read")
	c.close(1000)
	c.wantCloseCode(1000, "")
	if c.pongs != 1 {
		t.Errorf("%d pongs for one ping", c.pongs)
	}
}

// Half a message is none: the backend must not take it for a whole line.
func TestHalfMessageIsDropped(t *testing.T) {
	for name, half := range map[string][]byte{
		"fragment":           clientFrame(websocket.OpText, []byte("half")),
		"fragments":          joined(clientFrame(websocket.OpText, []byte("half ")), clientFrame(websocket.OpContinuation, []byte("more"))),
		"cut fragment":       clientFrame(websocket.OpText, []byte("half"))[:8],
		"cut frame":          textFrame("half")[:8],
		"cut header":         textFrame("half")[:3],
		"cut large frame":    textFrame(strings.Repeat("x", 100_000))[:80_000],
		"cut last fragment":  joined(clientFrame(websocket.OpText, []byte("half ")), clientFrame(websocket.FinBit|websocket.OpContinuation, []byte("more"))[:8]),
		"fragment and close": joined(clientFrame(websocket.OpText, []byte("half")), clientFrame(websocket.FinBit|websocket.OpClose, nil)),
	} {
		t.Run(name, func(t *testing.T) {
			file := recording(t)
			s := serveSteps(t, "read:"+file)
			c := s.client(t)
			c.write(joined(textFrame("whole"), half))
			c.conn.Close()
			s.log.end(t).wantAttrs(t, map[string]string{"messages_in": "1"})
			wantRecording(t, file, "whole\n")
		})
	}
}
