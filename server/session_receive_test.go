package server

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"wsd/server/servertest"
	"wsd/server/websocket"
)

// echoed sends messages one by one and wants each back.
func echoed(t *testing.T, c *rawClient, messages ...string) {
	t.Helper()
	for _, m := range messages {
		c.text(m)
		c.wantText(m)
	}
}

func TestEcho(t *testing.T) {
	s := serveSteps(t, "echo")
	c := s.client(t)
	echoed(t, c, "hello", "", "é€😀", " spaces  ", "\ttab", strings.Repeat("x", 125), strings.Repeat("x", 126),
		strings.Repeat("x", 65_520), strings.Repeat("x", 65_535), strings.Repeat("x", 65_536), strings.Repeat("€", 300_000))
	c.close(1000)
	c.wantCloseCode(1000, "")
	c.wantEnd()
	s.log.end(t).wantAttrs(t, map[string]string{"messages_in": "11", "messages_out": "11"})
}

// A message with newlines inside reaches stdin as several lines.
func TestNewlinesInMessage(t *testing.T) {
	s := serveSteps(t, "echo")
	c := s.client(t)
	c.text("one\ntwo\r\nthree\n")
	for _, want := range []string{"one", "two", "three", ""} {
		c.wantText(want)
	}
	c.text("in the middle\r")
	c.wantText("in the middle") // a line that ends with "\r\n" by now
}

func TestClientFragments(t *testing.T) {
	s := serveSteps(t, "echo")
	c := s.client(t)
	message := strings.Repeat("aé€😀", 3)
	for size := 1; size <= len(message)+1; size++ {
		var frames []byte
		op := byte(websocket.OpText)
		for rest := message; ; op = websocket.OpContinuation {
			n := min(size, len(rest))
			if rest = rest[n:]; rest == "" {
				op |= websocket.FinBit
			}
			at := len(message) - len(rest) - n
			frames = append(frames, clientFrame(op, []byte(message[at:at+n]))...)
			frames = append(frames, clientFrame(websocket.FinBit|websocket.OpPing, []byte("between"))...)
			if op&websocket.FinBit != 0 {
				break
			}
		}
		c.write(frames)
		c.wantText(message)
	}
	c.write(joined(clientFrame(websocket.OpText, nil), clientFrame(websocket.OpContinuation, nil), clientFrame(websocket.FinBit|websocket.OpContinuation, nil)))
	c.wantText("")
	c.write(joined(clientFrame(websocket.OpText, []byte("long ")), clientFrame(websocket.FinBit|websocket.OpContinuation, bytes.Repeat([]byte("y"), 200_000))))
	c.wantText("long " + strings.Repeat("y", 200_000))
}

func TestMaxMessage(t *testing.T) {
	for _, limit := range []int64{1, 100, 70_000} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			s := serve(t, Config{Command: servertest.Play("echo"), MaxMessage: limit})
			exact := strings.Repeat("x", int(limit))
			c := s.client(t)
			echoed(t, c, exact, "", exact)
			c.write(joined(clientFrame(websocket.OpText, []byte(exact)), clientFrame(websocket.FinBit|websocket.OpContinuation, nil)))
			c.wantText(exact)
			c.text(exact + "y")
			c.wantClose(1009, "")

			c = s.client(t)
			c.write(joined(clientFrame(websocket.OpText, []byte(exact)), clientFrame(websocket.FinBit|websocket.OpContinuation, []byte("y"))))
			c.wantClose(1009, "")
		})
	}
}

// 0 is no limit; memory grows with what arrives and not with what is announced.
func TestAnnouncedSizeCostsNothing(t *testing.T) {
	s := serveSteps(t, "echo")
	c := s.client(t)
	c.write(append(header64(websocket.FinBit|websocket.OpText, 1<<40), "only a little"...))
	c.conn.Close()
	s.log.end(t).wantAttrs(t, map[string]string{"code": "1006", "messages_in": "0"})
}

// Data that comes with the handshake, in the same segment and more than the
// HTTP server's buffer holds.
func TestEarlyData(t *testing.T) {
	for _, count := range []int{1, 30, 37, 38, 39, 100, 2_000} {
		t.Run(fmt.Sprint(count), func(t *testing.T) {
			file := recording(t)
			s := serveSteps(t, "read:"+file)
			frames, want := numbered(count, 100)
			c := newRawClient(t, dialTCP(t, s.addr))
			c.shake("/", joined(frames, clientFrame(websocket.FinBit|websocket.OpClose, closePayload(1000, ""))))
			c.wantCloseCode(1000, "")
			c.wantEnd()
			s.log.end(t)
			if got := readRecording(t, file); got != want {
				t.Errorf("the backend got %s, want %s", short(got), short(want))
			}
		})
	}
}
