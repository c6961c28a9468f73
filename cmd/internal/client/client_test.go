package client

import (
	"bufio"
	"bytes"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"

	"wsd/server/websocket"
)

// serveFrames answers one handshake, sends frames along with the answer, and reads
// until the client is gone. It returns where to dial, and a channel from which comes
// what the client has sent.
func serveFrames(t *testing.T, frames []byte) (Target, <-chan []byte) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	sent := make(chan []byte, 1)
	// Ends with the client; the test waits for what it sends.
	go func() {
		defer close(sent)
		nc, err := l.Accept()
		if err != nil {
			return
		}
		defer nc.Close()
		r := bufio.NewReader(nc)
		var answer bytes.Buffer
		if _, err := Answer(r, &answer); err != nil {
			return
		}
		if _, err := nc.Write(append(answer.Bytes(), frames...)); err != nil {
			return
		}
		var got bytes.Buffer
		_, _ = got.ReadFrom(r)
		sent <- got.Bytes()
	}()
	return Target{Address: l.Addr().String(), Host: l.Addr().String(), Path: "/"}, sent
}

// frame is a server's frame that is its message's last.
func frame(op byte, payload []byte) []byte {
	return append(websocket.AppendHeader(nil, websocket.FinBit|op, len(payload)), payload...)
}

// fragment is one that is not.
func fragment(op byte, payload []byte) []byte {
	b := frame(op, payload)
	b[0] &^= websocket.FinBit
	return b
}

func TestMessage(t *testing.T) {
	one, two := bytes.Repeat([]byte("1"), 200), bytes.Repeat([]byte("2"), 200)
	text := func(p []byte) []byte { return frame(websocket.OpText, p) }
	for _, test := range []struct {
		name   string
		frames [][]byte
		err    string // empty: both messages arrive
	}{
		{"whole messages", [][]byte{text(one), text(two)}, ""},
		{"fragments", [][]byte{fragment(websocket.OpText, one[:7]), fragment(0, nil), frame(0, one[7:]), text(two)}, ""},
		{"an empty last fragment", [][]byte{fragment(websocket.OpText, one), frame(0, nil), text(two)}, ""},
		{"a ping inside a message", [][]byte{fragment(websocket.OpText, one[:7]), frame(websocket.OpPing, []byte("?")), frame(0, one[7:]), text(two)}, ""},
		{"a pong between messages", [][]byte{text(one), frame(websocket.OpPong, nil), text(two)}, ""},
		{"a binary message", [][]byte{frame(2, one)}, "opcode 2"},
		{"a message inside a message", [][]byte{fragment(websocket.OpText, one[:7]), text(two)}, "opcode 1"},
		{"a continuation of nothing", [][]byte{frame(0, one)}, "opcode 0"},
		{"a masked frame", [][]byte{AppendMasked(nil, websocket.FinBit|websocket.OpText, one)}, "wrong: frame is masked"},
		{"a reserved bit", [][]byte{{0xc1, 0}}, "wrong: reserved bits are set"},
		{"a large control frame", [][]byte{frame(websocket.OpPing, bytes.Repeat(one, 2))}, "wrong: control frame is too long"},
		{"a large message", [][]byte{text(bytes.Repeat(one, 50))}, "more than 4 KiB"},
		{"a close", [][]byte{text(one), frame(websocket.OpClose, []byte("\x03\xf3no"))}, "closed by the server: 1011 no"},
	} {
		t.Run(test.name, func(t *testing.T) {
			target, sent := serveFrames(t, bytes.Join(test.frames, nil))
			c, err := Dial(t.Context(), target, 4<<10)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range [][]byte{one, two} {
				var got string
				if got, err = c.Message(); err != nil {
					break
				}
				if got != string(want) {
					t.Errorf("got %q, want %q", got, want)
				}
			}
			c.Close()
			<-sent
			if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("got %v, want %q", err, test.err)
			}
		})
	}
}

// TestTook wants a whole frame taken, and none that is another one or has not
// arrived in full.
func TestTook(t *testing.T) {
	one, two := frame(websocket.OpText, []byte("one")), frame(websocket.OpText, []byte("two"))
	c := &Conn{buf: slices.Concat(one, two, one[:4]), w: len(one) + len(two) + 4}
	for i, want := range []struct {
		frame []byte
		took  bool
	}{{two, false}, {one, true}, {two, true}, {one, false}} {
		if took := c.Took(want.frame); took != want.took {
			t.Errorf("%d: got %v, want %v", i, took, want.took)
		}
	}
}

func TestPong(t *testing.T) {
	target, sent := serveFrames(t, append(frame(websocket.OpPing, []byte("seen?")), frame(websocket.OpText, []byte("last"))...))
	c, err := Dial(t.Context(), target, 4<<10)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Message(); err != nil {
		t.Error(err)
	}
	c.Close()
	if got, want := <-sent, AppendMasked(nil, websocket.FinBit|websocket.OpPong, []byte("seen?")); !bytes.Equal(got, want) {
		t.Errorf("the client sent % x, want % x", got, want)
	}
}

func TestGoodbye(t *testing.T) {
	for _, test := range []struct {
		name   string
		frames []byte
		err    string
	}{
		{"answered", frame(websocket.OpClose, nil), ""},
		{"one message more", frame(websocket.OpText, []byte("late")), "wrong: one message too many"},
	} {
		t.Run(test.name, func(t *testing.T) {
			target, sent := serveFrames(t, test.frames)
			c, err := Dial(t.Context(), target, 4<<10)
			if err != nil {
				t.Fatal(err)
			}
			err = c.Goodbye()
			<-sent
			if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("got %v, want %q", err, test.err)
			}
		})
	}
}

func TestDialRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	_, err = Dial(t.Context(), Target{Address: l.Addr().String()}, 4<<10)
	var op *net.OpError
	if !errors.As(err, &op) {
		t.Errorf("got %v, want a refused connection", err)
	}
}

func TestParseTarget(t *testing.T) {
	for _, test := range []struct {
		raw           string
		address, path string
		tls           bool
	}{
		{"ws://example.com", "example.com:80", "/", false},
		{"wss://example.com/a?b=c", "example.com:443", "/a?b=c", true},
		{"ws://[::1]:8080/x", "[::1]:8080", "/x", false},
	} {
		got, err := ParseTarget(test.raw, false)
		if err != nil || got.Address != test.address || got.Path != test.path || (got.TLS != nil) != test.tls {
			t.Errorf("%s: got %+v, %v", test.raw, got, err)
		}
	}
}
