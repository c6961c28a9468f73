package faults_test

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// The first bytes of frames (RFC 6455 5.2).
const (
	fin          = 0x80
	continuation = 0x0
	text         = 0x1
	closing      = 0x8
	ping         = 0x9
	pong         = 0xa
)

// frame is a client's frame; first is its first byte. Its mask is zeros, which
// RFC 6455 5.3 does not recommend and no server can object to.
func frame(first byte, payload string) []byte {
	b := []byte{first, 0x80}
	switch n := len(payload); {
	case n < 126:
		b[1] |= byte(n)
	case n <= 0xffff:
		b[1] |= 126
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	default:
		b[1] |= 127
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}

func message(payload string) []byte { return frame(fin|text, payload) }

func closeFrame(code uint16) []byte {
	return frame(fin|closing, string(binary.BigEndian.AppendUint16(nil, code)))
}

// A client sends any bytes at all. It belongs to one goroutine.
type client struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
	deaf bool   // answers no pings
	path string // where it has dialed, in the log
}

func newClient(t *testing.T, conn net.Conn) *client {
	c := &client{t: t, conn: conn, in: bufio.NewReader(conn)}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	return c
}

// request is the handshake of RFC 6455 4.1, with the key of its section 1.3.
func request(path string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: test.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
}

// shake does the handshake and returns the status of the answer.
func (c *client) shake(path string) (int, error) {
	if _, err := io.WriteString(c.conn, request(path)); err != nil {
		return 0, err
	}
	return c.answer()
}

// answer reads the answer to the handshake.
func (c *client) answer() (int, error) {
	answer, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return 0, fmt.Errorf("reading the answer to the handshake: %w", err)
	}
	return answer.StatusCode, nil
}

func (c *client) upgrade(path string) *client {
	c.t.Helper()
	c.write([]byte(request(path)))
	c.wantUpgraded()
	return c
}

func (c *client) wantUpgraded() {
	c.t.Helper()
	if status, err := c.answer(); err != nil || status != http.StatusSwitchingProtocols {
		c.t.Fatalf("the handshake was answered %d, %v", status, err)
	}
}

func (c *client) write(b []byte) {
	c.t.Helper()
	if _, err := c.conn.Write(b); err != nil {
		c.t.Fatalf("writing: %v", err)
	}
}

func (c *client) say(s string) { c.t.Helper(); c.write(message(s)) }

// A closedError is a close frame.
type closedError struct {
	code   int
	reason string
}

func (e closedError) Error() string { return fmt.Sprintf("close frame %d %q", e.code, e.reason) }

// readFrame reads a frame of the server, which masks nothing.
func (c *client) readFrame() (first byte, payload []byte, err error) {
	var h [8]byte
	if _, err := io.ReadFull(c.in, h[:2]); err != nil {
		return 0, nil, err
	}
	first = h[0]
	n := uint64(h[1])
	switch n {
	case 126:
		_, err = io.ReadFull(c.in, h[:2])
		n = uint64(binary.BigEndian.Uint16(h[:]))
	case 127:
		_, err = io.ReadFull(c.in, h[:8])
		n = binary.BigEndian.Uint64(h[:])
	}
	if err != nil || n > 16<<20 {
		return first, nil, fmt.Errorf("a frame of %d bytes: %w", n, err)
	}
	payload = make([]byte, n)
	if _, err := io.ReadFull(c.in, payload); err != nil {
		return first, nil, fmt.Errorf("a frame was cut: %w", err)
	}
	return first, payload, nil
}

// next reads up to the end of the next message. A close frame is a closedError.
func (c *client) next() (string, error) {
	var whole []byte
	for {
		first, payload, err := c.readFrame()
		if err != nil {
			return "", err
		}
		switch first &^ fin {
		case ping:
			if !c.deaf {
				_, err = c.conn.Write(frame(fin|pong, string(payload)))
			}
			if err != nil {
				return "", err
			}
		case pong:
		case closing:
			if len(payload) < 2 {
				return "", closedError{code: 1005}
			}
			return "", closedError{int(binary.BigEndian.Uint16(payload)), string(payload[2:])}
		default:
			whole = append(whole, payload...)
			if first&fin != 0 {
				return string(whole), nil
			}
		}
	}
}

func (c *client) want(s string) {
	c.t.Helper()
	if got, err := c.next(); err != nil || got != s {
		c.t.Fatalf("got %.80q, %v; want %.80q", got, err, s)
	}
}

func (c *client) wantEcho(s string) { c.t.Helper(); c.say(s); c.want(s) }

// rest reads messages up to a close frame or the connection's end.
func (c *client) rest() (messages []string, err error) {
	for {
		m, err := c.next()
		if err != nil {
			return messages, err
		}
		messages = append(messages, m)
	}
}

// wantClose reads up to the close frame, answers it, reads up to the connection's
// end, and returns the messages before.
func (c *client) wantClose(code int, reason string) []string {
	c.t.Helper()
	messages, err := c.rest()
	if want := (closedError{code, reason}); !errors.Is(err, want) {
		c.t.Fatalf("the session ended with %v, want %v", err, want)
	}
	c.part(uint16(code))
	return messages
}

// part answers a close frame and reads up to the connection's end.
func (c *client) part(code uint16) {
	c.t.Helper()
	c.write(closeFrame(code))
	c.wantEnd()
}

// wantEnd wants nothing but the connection's end.
func (c *client) wantEnd() {
	c.t.Helper()
	if rest, err := io.ReadAll(c.in); err != nil || len(rest) > 0 {
		c.t.Errorf("before the connection's end: %q, %v", rest, err)
	}
	c.conn.Close()
}

// leave closes the session as a browser does.
func (c *client) leave() {
	c.t.Helper()
	c.write(closeFrame(1000))
	if messages, err := c.rest(); err != (closedError{1000, ""}) || len(messages) > 0 {
		c.t.Errorf("leaving was answered %q, %v", messages, err)
	}
	c.wantEnd()
}

// reset ends the connection by RST.
func (c *client) reset() {
	c.conn.(*net.TCPConn).SetLinger(0)
	c.conn.Close()
}
