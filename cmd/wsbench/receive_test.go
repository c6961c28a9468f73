package main

import (
	"bufio"
	"bytes"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// serveFrames answers one handshake with the given bytes right behind it, then
// reads until the client is gone. It returns the target to dial and a channel
// that has what the client sent.
func serveFrames(t *testing.T, frames []byte) (target, <-chan []byte) {
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
		if answerHandshake(r, nc, frames) != nil {
			return
		}
		var got bytes.Buffer
		_, _ = got.ReadFrom(r)
		sent <- got.Bytes()
	}()
	return target{address: l.Addr().String(), host: l.Addr().String(), path: "/"}, sent
}

// answerHandshake accepts a WebSocket, with frames in the same write.
func answerHandshake(r *bufio.Reader, nc net.Conn, frames []byte) error {
	req, err := http.ReadRequest(r)
	if err != nil {
		return err
	}
	answer := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		acceptKey(req.Header.Get("Sec-WebSocket-Key")) + "\r\n\r\n"
	_, err = nc.Write(append([]byte(answer), frames...))
	return err
}

// fragment is a frame that is not its message's last.
func fragment(op byte, payload []byte) []byte {
	b := appendFrame(nil, op, payload)
	b[0] &^= finBit
	return b
}

func TestReceive(t *testing.T) {
	b := newBatch(200)
	one, two := b.text(0), b.text(1)
	text := func(p []byte) []byte { return appendFrame(nil, opText, p) }
	closing := appendFrame(nil, opClose, []byte("\x03\xf3no"))
	for _, test := range []struct {
		name   string
		frames [][]byte
		err    string // empty: both messages arrive
	}{
		{"whole messages", [][]byte{text(one), text(two)}, ""},
		{"fragments", [][]byte{fragment(opText, one[:7]), fragment(0, nil), appendFrame(nil, 0, one[7:]), text(two)}, ""},
		{"an empty last fragment", [][]byte{fragment(opText, one), appendFrame(nil, 0, nil), text(two)}, ""},
		{"a ping inside a message", [][]byte{fragment(opText, one[:7]), appendFrame(nil, opPing, []byte("?")), appendFrame(nil, 0, one[7:]), text(two)}, ""},
		{"a pong between messages", [][]byte{text(one), appendFrame(nil, opPong, nil), text(two)}, ""},
		{"a message twice", [][]byte{text(one), text(one)}, "wrong: message 1"},
		{"a message too short", [][]byte{text(one[:199])}, "wrong: message 0"},
		{"a message too long", [][]byte{text(append(bytes.Clone(one), 'x'))}, "wrong: message 0"},
		{"a wrong byte at the end", [][]byte{text(append(bytes.Clone(one[:199]), '!'))}, "wrong: message 0"},
		{"a binary message", [][]byte{appendFrame(nil, 2, one)}, "opcode 2"},
		{"a message inside a message", [][]byte{fragment(opText, one[:7]), text(two)}, "opcode 1"},
		{"a continuation of nothing", [][]byte{appendFrame(nil, 0, one)}, "opcode 0"},
		{"a masked frame", [][]byte{appendMasked(nil, opText, one)}, "wrong: a frame with header"},
		{"a reserved bit", [][]byte{{0xc1, 0}}, "wrong: a frame with header"},
		{"a large control frame", [][]byte{appendFrame(nil, opPing, bytes.Repeat(one, 2))}, "control frame of 400"},
		{"a close", [][]byte{text(one), closing}, "after 1 of 2 messages: closed by the server: 1011 no"},
	} {
		t.Run(test.name, func(t *testing.T) {
			target, sent := serveFrames(t, bytes.Join(test.frames, nil))
			var done atomic.Int64
			c, err := dial(t.Context(), target, turnBuffer, &done)
			if err != nil {
				t.Fatal(err)
			}
			e := &expected{batch: b, n: 2}
			err = c.receive(e)
			c.Close()
			<-sent
			if test.err == "" && (err != nil || done.Load() != 2) {
				t.Errorf("got %v and %d messages, want two", err, done.Load())
			}
			if test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("got %v, want %q", err, test.err)
			}
		})
	}
}

func TestPong(t *testing.T) {
	b := newBatch(64)
	target, sent := serveFrames(t, append(appendFrame(nil, opPing, []byte("seen?")), b.plain...))
	c, err := dial(t.Context(), target, turnBuffer, new(atomic.Int64))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.receive(&expected{batch: b, n: b.count}); err != nil {
		t.Error(err)
	}
	c.Close()
	if got, want := <-sent, appendMasked(nil, opPong, []byte("seen?")); !bytes.Equal(got, want) {
		t.Errorf("the client sent % x, want % x", got, want)
	}
}

func TestGoodbye(t *testing.T) {
	for _, test := range []struct {
		name   string
		frames []byte
		err    string
	}{
		{"answered", appendFrame(nil, opClose, nil), ""},
		{"one message more", appendFrame(nil, opText, []byte("late")), "wrong: a message more"},
	} {
		t.Run(test.name, func(t *testing.T) {
			target, sent := serveFrames(t, test.frames)
			c, err := dial(t.Context(), target, turnBuffer, new(atomic.Int64))
			if err != nil {
				t.Fatal(err)
			}
			err = c.goodbye()
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
	_, err = dial(t.Context(), target{address: l.Addr().String()}, turnBuffer, nil)
	var op *net.OpError
	if !errors.As(err, &op) {
		t.Errorf("got %v, want a refused connection", err)
	}
}
