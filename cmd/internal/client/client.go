// Package client is a WebSocket client that can load a server: it builds its
// frames once to send them many times, and takes messages without copying them.
package client

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"

	"wsd/server/websocket"
)

// maskKey masks every frame. RFC 6455, section 5.3, wants an unpredictable key
// for each frame, which protects caches between a browser and its server; with
// one key a load generator can build its frames once and send them many times.
// The server's work is the same.
var maskKey = [4]byte{0x5a, 0xc3, 0x96, 0x2f}

// AppendMasked appends a client's frame to b; first is the frame's first byte.
func AppendMasked(b []byte, first byte, payload []byte) []byte {
	return websocket.AppendMasked(b, first, maskKey, payload)
}

// Conn is a client's side of a WebSocket. One goroutine may receive while
// another one sends.
type Conn struct {
	net.Conn
	buf  []byte
	r, w int // buf[r:w] has arrived and was not taken yet

	// The data frame whose payload comes next.
	left uint64 // bytes of it that were not taken yet
	fin  bool   // it is its message's last

	inMessage bool        // a message has begun and not ended
	unwatch   func() bool // stops watching the context
}

// Dial opens a WebSocket with a read buffer of size bytes. When ctx is done, at
// any time, the connection is closed; Close releases it.
func Dial(ctx context.Context, t Target, size int) (*Conn, error) {
	nc, err := t.connect(ctx)
	if err != nil {
		return nil, fmt.Errorf("connecting: %w", err)
	}
	c := &Conn{Conn: nc, buf: make([]byte, size)}
	c.watch(ctx)
	if err := c.handshake(t); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *Conn) watch(ctx context.Context) {
	c.unwatch = context.AfterFunc(ctx, func() { _ = c.Conn.Close() })
}

// Watch has ctx close the connection from now on, and no longer the context
// that Dial was given.
func (c *Conn) Watch(ctx context.Context) {
	c.unwatch()
	c.watch(ctx)
}

// Close drops the connection without a closing handshake.
func (c *Conn) Close() error {
	c.unwatch()
	return c.Conn.Close()
}

// fill reads once more from the connection. What was not taken yet moves to the
// front; that is a part of a header or a control frame at most, since payload is
// taken as it comes.
func (c *Conn) fill() error {
	if c.r > 0 {
		c.w = copy(c.buf, c.buf[c.r:c.w])
		c.r = 0
	}
	if c.w == len(c.buf) {
		return fmt.Errorf("nothing to take in %d bytes", len(c.buf))
	}
	n, err := c.Read(c.buf[c.w:])
	c.w += n
	if n > 0 {
		return nil
	}
	return err
}

// WrongError is an answer that is not what the server should have sent.
type WrongError struct{ what string }

func (e *WrongError) Error() string { return "wrong: " + e.what }

// Wrongf is a WrongError in words.
func Wrongf(format string, args ...any) error {
	return &WrongError{what: fmt.Sprintf(format, args...)}
}

// ClosedError is the server's close frame where something else was awaited.
type ClosedError struct {
	Code   websocket.Code // CodeNone when the frame had none
	Reason string
}

func (e *ClosedError) Error() string {
	return fmt.Sprintf("closed by the server: %d %s", e.Code, e.Reason)
}

// Took takes frame if it is what comes next and has arrived in full: one
// comparison for header and payload.
func (c *Conn) Took(frame []byte) bool {
	if c.left > 0 || c.inMessage || !bytes.HasPrefix(c.buf[c.r:c.w], frame) {
		return false
	}
	c.r += len(frame)
	return true
}

// Piece takes the next bytes of a message, waiting for them if it must, and
// says whether the message ends with them. They are valid until the next call.
// It answers pings; a close frame is a ClosedError.
func (c *Conn) Piece() (p []byte, last bool, err error) {
	for c.left == 0 {
		h, whole, err := websocket.ParseHeader(c.buf[c.r:c.w], false)
		switch {
		case err != nil:
			return nil, false, Wrongf("%v", err)
		case !whole:
			err = c.fill()
		case h.IsControl():
			err = c.control(&h)
		case c.inMessage != (h.Op == websocket.OpContinuation) || h.Op > websocket.OpText:
			err = Wrongf("a frame with opcode %d", h.Op)
		default:
			c.r += h.Size
			c.left, c.fin, c.inMessage = h.Length, h.Fin, !h.Fin
			if c.left == 0 {
				return nil, c.fin, nil
			}
		}
		if err != nil {
			return nil, false, err
		}
	}
	if c.r == c.w {
		if err := c.fill(); err != nil {
			return nil, false, err
		}
	}
	n := int(min(c.left, uint64(c.w-c.r)))
	p = c.buf[c.r : c.r+n]
	c.r += n
	c.left -= uint64(n)
	return p, c.left == 0 && c.fin, nil
}

// control takes the control frame at the front and answers a ping.
func (c *Conn) control(h *websocket.Header) error {
	size := h.Size + int(h.Length)
	for c.w-c.r < size {
		if err := c.fill(); err != nil {
			return err
		}
	}
	payload := c.buf[c.r+h.Size : c.r+size]
	c.r += size
	switch h.Op {
	case websocket.OpPing:
		return c.Send(websocket.OpPong, payload)
	case websocket.OpClose:
		closed := &ClosedError{Code: websocket.CodeNone}
		if len(payload) >= 2 {
			closed.Code = websocket.Code(binary.BigEndian.Uint16(payload))
			closed.Reason = string(payload[2:])
		}
		return closed
	default:
		return nil
	}
}

// Message waits for a whole message of at most 4 KiB.
func (c *Conn) Message() (string, error) {
	var m []byte
	for len(m) <= 4<<10 {
		p, last, err := c.Piece()
		if err != nil {
			return "", err
		}
		m = append(m, p...)
		if last {
			return string(m), nil
		}
	}
	return "", Wrongf("a message of more than 4 KiB")
}

// Send sends a frame that is not fragmented.
func (c *Conn) Send(op byte, payload []byte) error {
	_, err := c.Write(AppendMasked(nil, websocket.FinBit|op, payload))
	return err
}

// SendClose sends a close frame with code 1000.
func (c *Conn) SendClose() error {
	return c.Send(websocket.OpClose, binary.BigEndian.AppendUint16(nil, uint16(websocket.CodeOK)))
}

// Goodbye closes the WebSocket in the RFC's way: it sends a close frame and
// waits for the server's, or for the connection's end. A message that still
// comes is one too many.
func (c *Conn) Goodbye() error {
	defer c.Close()
	_ = c.SendClose() // a server that has closed first may refuse this; what it sent counts
	_, _, err := c.Piece()
	if err == nil {
		return Wrongf("a message more than there should be")
	}
	var wrong *WrongError
	if errors.As(err, &wrong) {
		return err
	}
	return nil // closed, ended or reset, after all that counts had come
}
