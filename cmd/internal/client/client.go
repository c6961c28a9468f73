// Package client is a WebSocket client that is fast enough to load a server: frames
// may be built once and sent many times, and messages are taken without copying.
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

// Conn is the client's end of a WebSocket. One goroutine may receive while another
// sends.
type Conn struct {
	net.Conn
	buf  []byte
	r, w int // buf[r:w] has arrived and has not been taken

	// The data frame whose payload comes next.
	left uint64 // bytes of it that have not been taken
	fin  bool   // it is the last one of its message

	inMessage bool        // a message has begun and not ended
	unwatch   func() bool // stops watching the context
}

// Dial opens a WebSocket with a read buffer of size bytes. The connection is closed
// when ctx is done, whenever that is. The caller must call Close.
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

// Watch makes ctx close the connection when it is done, in place of the context that
// Dial was given.
func (c *Conn) Watch(ctx context.Context) {
	c.unwatch()
	c.watch(ctx)
}

// Close drops the connection without a closing handshake.
func (c *Conn) Close() error {
	c.unwatch()
	return c.Conn.Close()
}

// fill reads once from the connection. What has not been taken moves to the front of
// the buffer: part of a header or of a control frame at most, since payload is taken
// as it comes.
func (c *Conn) fill() error {
	if c.r > 0 {
		c.w = copy(c.buf, c.buf[c.r:c.w])
		c.r = 0
	}
	if c.w == len(c.buf) {
		return fmt.Errorf("the answer is longer than %d bytes", len(c.buf))
	}
	n, err := c.Read(c.buf[c.w:])
	c.w += n
	if n > 0 {
		return nil
	}
	return err
}

// WrongError says what the server has sent and should not have.
type WrongError struct{ what string }

func (e *WrongError) Error() string { return "wrong: " + e.what }

// Wrongf returns a *WrongError.
func Wrongf(format string, args ...any) error {
	return &WrongError{what: fmt.Sprintf(format, args...)}
}

// ClosedError is the server's close frame, where anything else was expected.
type ClosedError struct {
	Code   websocket.Code // CodeNone when the frame had none
	Reason string
}

func (e *ClosedError) Error() string {
	return fmt.Sprintf("closed by the server: %d %s", e.Code, e.Reason)
}

// Took takes frame if that is what comes next and all of it has arrived. It is one
// comparison for header and payload.
func (c *Conn) Took(frame []byte) bool {
	if c.left > 0 || c.inMessage || !bytes.HasPrefix(c.buf[c.r:c.w], frame) {
		return false
	}
	c.r += len(frame)
	return true
}

// Piece takes the next bytes of a message, for which it may have to wait, and reports
// whether the message ends with them. They are valid until the next call. Pings are
// answered. A close frame is a *ClosedError.
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

// Message takes a whole message of at most 4 KiB.
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

// Goodbye closes the WebSocket as the RFC says: it sends a close frame and waits for
// the server's, or for the end of the connection. No message may come before that.
func (c *Conn) Goodbye() error {
	defer c.Close()
	_ = c.SendClose() // may fail if the server has closed first; what it has sent counts
	_, _, err := c.Piece()
	if err == nil {
		return Wrongf("one message too many")
	}
	var wrong *WrongError
	if errors.As(err, &wrong) {
		return err
	}
	return nil // closed, ended or reset, after everything that counts
}
