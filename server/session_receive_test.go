package server

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
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
		op := byte(opText)
		for rest := message; ; op = opContinuation {
			n := min(size, len(rest))
			if rest = rest[n:]; rest == "" {
				op |= finBit
			}
			at := len(message) - len(rest) - n
			frames = append(frames, clientFrame(op, []byte(message[at:at+n]))...)
			frames = append(frames, clientFrame(finBit|opPing, []byte("between"))...)
			if op&finBit != 0 {
				break
			}
		}
		c.write(frames)
		c.wantText(message)
	}
	c.write(joined(clientFrame(opText, nil), clientFrame(opContinuation, nil), clientFrame(finBit|opContinuation, nil)))
	c.wantText("")
	c.write(joined(clientFrame(opText, []byte("long ")), clientFrame(finBit|opContinuation, bytes.Repeat([]byte("y"), 200_000))))
	c.wantText("long " + strings.Repeat("y", 200_000))
}

// However the bytes arrive, the messages are the same.
func TestClientBytesOneByOne(t *testing.T) {
	s := serveSteps(t, "echo")
	c := s.client(t)
	frames := joined(
		textFrame("first"),
		clientFrame(finBit|opPing, []byte("p")),
		clientFrame(opText, []byte("sec")), clientFrame(finBit|opContinuation, []byte("ond")),
		textFrame(strings.Repeat("z", 130)),
	)
	for i := range frames {
		c.write(frames[i : i+1])
	}
	for _, want := range []string{"first", "second", strings.Repeat("z", 130)} {
		c.wantText(want)
	}
	c.close(1000)
	c.wantCloseCode(1000, "") // before which the pong has come, if not earlier
	if c.pongs != 1 {
		t.Errorf("%d pongs", c.pongs)
	}
}

// What a client may not send, after a message that still arrives.
func TestClientFaults(t *testing.T) {
	euro := "\xe2\x82\xac"
	for _, tt := range []struct {
		name string
		code int
		sent []byte
	}{
		{"not masked", 1002, []byte{finBit | opText, 1, 'a'}},
		{"ping not masked", 1002, []byte{finBit | opPing, 0}},
		{"rsv1", 1002, clientFrame(finBit|0x40|opText, []byte("a"))},
		{"rsv2", 1002, clientFrame(finBit|0x20|opText, []byte("a"))},
		{"rsv3", 1002, clientFrame(finBit|0x10|opText, []byte("a"))},
		{"rsv of a ping", 1002, clientFrame(finBit|0x40|opPing, nil)},
		{"opcode 3", 1002, clientFrame(finBit|3, nil)},
		{"opcode 7", 1002, clientFrame(finBit|7, []byte("a"))},
		{"opcode 11", 1002, clientFrame(finBit|11, nil)},
		{"opcode 15", 1002, clientFrame(finBit|15, []byte("a"))},
		{"ping in fragments", 1002, clientFrame(opPing, nil)},
		{"ping of 126 bytes", 1002, clientFrame(finBit|opPing, make([]byte, 126))},
		{"close of 126 bytes", 1002, clientFrame(finBit|opClose, closePayload(1000, strings.Repeat("r", 124)))},
		{"continuation of nothing", 1002, clientFrame(finBit|opContinuation, []byte("a"))},
		{"open continuation of nothing", 1002, clientFrame(opContinuation, []byte("a"))},
		{"text inside a message", 1002, joined(clientFrame(opText, []byte("a")), textFrame("b"))},
		{"binary inside a message", 1002, joined(clientFrame(opText, []byte("a")), clientFrame(finBit|opBinary, nil))},
		{"length with the highest bit", 1002, header64(finBit|opText, 1<<63)},
		{"not UTF-8", 1007, textFrame("a\xffb")},
		{"not UTF-8 at the end", 1007, textFrame("a\xe2\x82")},
		{"surrogate", 1007, textFrame("\xed\xa0\x80")},
		{"overlong", 1007, textFrame("\xc0\xaf")},
		{"not UTF-8 in a fragment", 1007, joined(clientFrame(opText, []byte("a")), clientFrame(opContinuation, []byte("\xff")))},
		{"character never ended", 1007, joined(clientFrame(opText, []byte(euro[:1])), clientFrame(finBit|opContinuation, []byte(euro[1:2])))},
		{"not UTF-8 in a large frame", 1007, textFrame(strings.Repeat("x", 100_000) + "\xff")},
		{"large frame ends within a character", 1007, textFrame(strings.Repeat("x", 100_000) + euro[:2])},
		{"too big", 1009, textFrame(strings.Repeat("x", 200_001))},
		{"too big in fragments", 1009, joined(clientFrame(opText, make([]byte, 200_000)), clientFrame(opContinuation, []byte("x")))},
		{"binary", 1003, clientFrame(finBit|opBinary, []byte("a"))},
		{"empty binary", 1003, clientFrame(finBit|opBinary, nil)},
		{"large binary", 1003, clientFrame(finBit|opBinary, make([]byte, 100_000))},
		{"binary in fragments", 1003, clientFrame(opBinary, []byte("a"))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := recording(t)
			s := serve(t, Config{Command: play("read:" + file), MaxMessage: 200_000})
			c := s.client(t)
			c.write(joined(textFrame("before"), tt.sent))
			c.wantClose(tt.code, "")
			c.conn.Close()
			end := s.log.end(t)
			end.wantAttrs(t, map[string]string{"code": fmt.Sprint(tt.code), "messages_in": "1"})
			if got := readRecording(t, file); got != "before\n" {
				t.Errorf("the backend got %s", short(got))
			}
		})
	}
}

// A text cut at any byte is a fault as soon as it is one, and not before.
func TestClientCharacterCutEverywhere(t *testing.T) {
	s := serveSteps(t, "echo")
	for name, text := range map[string]string{"valid": "a€😀", "invalid": "a€\xf0\x9f\x98b"} {
		for cut := range len(text) + 1 {
			c := s.client(t)
			c.write(joined(clientFrame(opText, []byte(text[:cut])), clientFrame(finBit|opContinuation, []byte(text[cut:]))))
			if name == "valid" {
				c.wantText(text)
				c.close(1000)
				c.wantCloseCode(1000, "")
			} else {
				c.wantClose(1007, "")
			}
		}
	}
}

// A fault is seen when it has arrived, not when its message is whole.
func TestFaultSeenEarly(t *testing.T) {
	s := serve(t, Config{Command: play("drain"), MaxMessage: 100_000})
	for _, tt := range []struct {
		name string
		code int
		sent []byte
	}{
		{"fragment", 1007, joined(clientFrame(opText, []byte("\xff")))},
		{"large frame", 1007, textFrame(strings.Repeat("\xff", 90_000))[:80_000]},
		{"too big fragments", 1009, clientFrame(opText, make([]byte, 100_001))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := s.client(t)
			c.write(tt.sent)
			c.wantCloseCode(tt.code, "")
		})
	}
}

func TestMaxMessage(t *testing.T) {
	for _, limit := range []int64{1, 100, 70_000} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			s := serve(t, Config{Command: play("echo"), MaxMessage: limit})
			exact := strings.Repeat("x", int(limit))
			c := s.client(t)
			echoed(t, c, exact, "", exact)
			c.write(joined(clientFrame(opText, []byte(exact)), clientFrame(finBit|opContinuation, nil)))
			c.wantText(exact)
			c.text(exact + "y")
			c.wantClose(1009, "")

			c = s.client(t)
			c.write(joined(clientFrame(opText, []byte(exact)), clientFrame(finBit|opContinuation, []byte("y"))))
			c.wantClose(1009, "")
		})
	}
}

// 0 is no limit; memory grows with what arrives and not with what is announced.
func TestAnnouncedSizeCostsNothing(t *testing.T) {
	s := serveSteps(t, "echo")
	c := s.client(t)
	c.write(append(header64(finBit|opText, 1<<40), "only a little"...))
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
			c.shake("/", joined(frames, clientFrame(finBit|opClose, closePayload(1000, ""))))
			c.wantCloseCode(1000, "")
			c.wantEnd()
			s.log.end(t)
			if got := readRecording(t, file); got != want {
				t.Errorf("the backend got %s, want %s", short(got), short(want))
			}
		})
	}
}
