package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"
)

// Sizes of a connection's read buffer, in bytes.
const (
	streamBuffer = 256 << 10 // one connection that carries all there is
	turnBuffer   = 4 << 10   // one message at a time
)

// conn is a client's side of a WebSocket. One goroutine may receive while
// another one sends.
type conn struct {
	net.Conn
	buf  []byte
	r, w int // buf[r:w] has arrived and was not taken yet

	// The data frame whose payload comes next.
	left int64 // bytes of it that were not taken yet
	fin  bool  // it is its message's last

	inMessage bool          // a message has begun and not ended
	done      *atomic.Int64 // counts received messages, for the progress line
	release   func() bool   // stops watching the context
}

// dial opens a WebSocket with a read buffer of size bytes. When ctx is done, at
// any time, every blocked call on it fails; Close releases it.
func dial(ctx context.Context, t target, size int, done *atomic.Int64) (*conn, error) {
	nc, err := t.connect(ctx)
	if err != nil {
		return nil, fmt.Errorf("connecting: %w", err)
	}
	c := &conn{Conn: nc, buf: make([]byte, size), done: done}
	c.release = context.AfterFunc(ctx, func() { _ = nc.SetDeadline(time.Unix(1, 0)) })
	if err := c.handshake(t); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Close drops the connection without a closing handshake.
func (c *conn) Close() error {
	c.release()
	return c.Conn.Close()
}

// fill reads once more from the connection. What was not taken yet moves to the
// front; that is a part of a header or a control frame at most, since payload is
// taken as it comes.
func (c *conn) fill() error {
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

// closedError is the server's close frame where something else was awaited.
type closedError struct {
	code   int // 1005 when the frame had none, RFC 6455, section 7.1.5
	reason string
}

func (e *closedError) Error() string {
	return fmt.Sprintf("closed by the server: %d %s", e.code, e.reason)
}

// piece takes the next bytes of a message, waiting for them if it must, and
// says whether the message ends with them. They are valid until the next call.
func (c *conn) piece() (p []byte, last bool, err error) {
	for c.left == 0 {
		h, size := parseHeader(c.buf[c.r:c.w])
		switch {
		case size == 0:
			if err := c.fill(); err != nil {
				return nil, false, err
			}
		case h.reserved || h.masked || h.length < 0:
			return nil, false, wrongf("a frame with header % x", c.buf[c.r:c.r+size])
		case h.control():
			if err := c.control(h, size); err != nil {
				return nil, false, err
			}
		case c.inMessage != (h.op == opContinuation) || h.op > opText:
			return nil, false, wrongf("a frame with opcode %d", h.op)
		default:
			c.r += size
			c.left, c.fin, c.inMessage = h.length, h.fin, !h.fin
			if c.left == 0 {
				return nil, c.fin, nil
			}
		}
	}
	if c.r == c.w {
		if err := c.fill(); err != nil {
			return nil, false, err
		}
	}
	n := int(min(c.left, int64(c.w-c.r)))
	p = c.buf[c.r : c.r+n]
	c.r += n
	c.left -= int64(n)
	return p, c.left == 0 && c.fin, nil
}

// control takes the control frame at the front, size being its header's, and
// answers a ping.
func (c *conn) control(h header, size int) error {
	if h.length > maxControl || !h.fin {
		return wrongf("a control frame of %d bytes", h.length)
	}
	for c.w-c.r < size+int(h.length) {
		if err := c.fill(); err != nil {
			return err
		}
	}
	payload := c.buf[c.r+size:][:h.length]
	c.r += size + int(h.length)
	switch h.op {
	case opPing:
		_, err := c.Write(appendMasked(nil, opPong, payload))
		return err
	case opClose:
		closed := &closedError{code: 1005}
		if len(payload) >= 2 {
			closed.code = int(binary.BigEndian.Uint16(payload))
			closed.reason = string(payload[2:])
		}
		return closed
	default:
		return nil
	}
}

// message waits for a whole message of at most 4 KiB.
func (c *conn) message() (string, error) {
	var m []byte
	for len(m) <= 4<<10 {
		p, last, err := c.piece()
		if err != nil {
			return "", err
		}
		m = append(m, p...)
		if last {
			return string(m), nil
		}
	}
	return "", wrongf("a message of more than 4 KiB")
}

// goodbye closes the WebSocket in the RFC's way: it sends a close frame and
// waits for the server's, or for the connection's end. A message that still
// comes is one too many.
func (c *conn) goodbye() error {
	defer c.Close()
	// A server that has closed first may refuse this; what it sent counts.
	_, _ = c.Write(appendMasked(nil, opClose, binary.BigEndian.AppendUint16(nil, 1000)))
	_, _, err := c.piece()
	var closed *closedError
	var wrong *wrongError
	var timeout net.Error
	switch {
	case err == nil:
		return wrongf("a message more than there should be")
	case errors.As(err, &closed), errors.Is(err, io.EOF):
		return nil
	case errors.As(err, &wrong), errors.As(err, &timeout) && timeout.Timeout():
		return err
	default:
		return nil // reset, after all that counts had come
	}
}
