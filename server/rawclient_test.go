package server

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"wsd/server/websocket"
)

// patience bounds every wait of a test for something that must happen. It is no
// measure of how fast it happens.
const patience = 20 * time.Second

// rawClient is a WebSocket client that sends any bytes at all and reads
// strictly: whatever RFC 6455 forbids a server to send is an error.
type rawClient struct {
	t      testing.TB
	conn   net.Conn
	in     *bufio.Reader
	answer *http.Response

	message  []byte // of the message that has begun
	opcode   byte   // of that; 0 when none has begun
	pongs    int
	pings    int
	autoPong bool // answer pings while reading
}

// clientFrame is a masked frame whose first byte is first.
func clientFrame(first byte, payload []byte) []byte {
	mask := [4]byte{0x37, 0xfa, 0x21, 0x3d}
	b := websocket.AppendHeader(nil, first, len(payload))
	b[1] |= maskBit
	b = append(b, mask[:]...)
	for i, c := range payload {
		b = append(b, c^mask[i&3])
	}
	return b
}

const (
	maskBit = 0x80
	rsvBits = 0x70
	opBits  = 0x0f
	len16   = 126
	len64   = 127
)

// header64 is the header of a frame with a 64-bit length, and no mask to speak of.
func header64(first byte, length uint64) []byte {
	b := binary.BigEndian.AppendUint64([]byte{first, maskBit | len64}, length)
	return append(b, 0, 0, 0, 0)
}

func textFrame(s string) []byte { return clientFrame(websocket.FinBit|websocket.OpText, []byte(s)) }

func closePayload(code int, reason string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...)
}

// upgradeRequest is the handshake of RFC 6455 4.1.
func upgradeRequest(host, path string, header ...string) []byte {
	lines := append([]string{
		"GET " + path + " HTTP/1.1",
		"Host: " + host,
		"Connection: Upgrade",
		"Upgrade: websocket",
		"Sec-WebSocket-Version: 13",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
	}, header...)
	return []byte(strings.Join(lines, "\r\n") + "\r\n\r\n")
}

// newRawClient is a client on a connection whose handshake has not been done.
func newRawClient(t testing.TB, conn net.Conn) *rawClient {
	c := &rawClient{t: t, conn: conn, in: bufio.NewReader(conn), autoPong: true}
	conn.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { conn.Close() })
	return c
}

func dialTCP(t testing.TB, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// shake sends the handshake, with early right behind it in the same write, and
// reads the answer.
func (c *rawClient) shake(path string, early []byte, header ...string) {
	c.t.Helper()
	c.write(append(upgradeRequest("test.example", path, header...), early...))
	resp, err := http.ReadResponse(c.in, nil)
	if err != nil {
		c.t.Fatalf("reading the answer to the handshake: %v", err)
	}
	c.answer = resp
}

// upgrade is shake that must succeed.
func (c *rawClient) upgrade(path string, header ...string) *rawClient {
	c.t.Helper()
	c.shake(path, nil, header...)
	if c.answer.StatusCode != http.StatusSwitchingProtocols {
		c.t.Fatalf("the handshake was answered %s", c.answer.Status)
	}
	if got := c.answer.Header.Get("Sec-WebSocket-Accept"); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		c.t.Fatalf("Sec-WebSocket-Accept: %q", got)
	}
	return c
}

func (c *rawClient) write(b []byte) {
	c.t.Helper()
	if _, err := c.conn.Write(b); err != nil {
		c.t.Fatalf("writing: %v", err)
	}
}

func (c *rawClient) text(s string) { c.t.Helper(); c.write(textFrame(s)) }
func (c *rawClient) close(code int) {
	c.t.Helper()
	c.write(clientFrame(websocket.FinBit|websocket.OpClose, closePayload(code, "")))
}
func (c *rawClient) ping(payload string) {
	c.t.Helper()
	c.write(clientFrame(websocket.FinBit|websocket.OpPing, []byte(payload)))
}

// sync returns when the server has read all that was sent: it has answered a
// ping behind it.
func (c *rawClient) sync() {
	c.t.Helper()
	c.ping("read?")
	for before := c.pongs; c.pongs == before; {
		f, err := c.readFrame()
		if err == nil {
			_, err = c.take(f)
		}
		if err != nil {
			c.t.Fatalf("waiting for a pong: %v", err)
		}
	}
}

// closeWrite ends the client's direction and leaves the other open.
func (c *rawClient) closeWrite() {
	c.t.Helper()
	if err := c.conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		c.t.Fatal(err)
	}
}

// rawFrame is a frame from the server.
type rawFrame struct {
	fin     bool
	opcode  byte
	payload []byte
}

func (f rawFrame) String() string {
	p := f.payload
	if len(p) > 60 {
		p = p[:60]
	}
	return fmt.Sprintf("frame{fin %v, opcode %#x, %d bytes %q}", f.fin, f.opcode, len(f.payload), p)
}

// readFrame reads one frame and refuses what a server may not send
// (RFC 6455 5.1, 5.2, 5.5). At the end of the connection the error is io.EOF.
func (c *rawClient) readFrame() (rawFrame, error) {
	var h [8]byte
	if _, err := io.ReadFull(c.in, h[:2]); err != nil {
		return rawFrame{}, err
	}
	f := rawFrame{fin: h[0]&websocket.FinBit != 0, opcode: h[0] & opBits}
	if h[0]&rsvBits != 0 || h[1]&maskBit != 0 {
		return f, fmt.Errorf("the server sent the header % x", h[:2])
	}
	n := uint64(h[1])
	switch n {
	case len16:
		io.ReadFull(c.in, h[:2])
		if n = uint64(binary.BigEndian.Uint16(h[:])); n < len16 {
			return f, fmt.Errorf("%d bytes with a 16-bit length", n)
		}
	case len64:
		io.ReadFull(c.in, h[:8])
		if n = binary.BigEndian.Uint64(h[:]); n <= 0xffff {
			return f, fmt.Errorf("%d bytes with a 64-bit length", n)
		}
	}
	if f.opcode >= websocket.OpClose && (n > 125 || !f.fin) {
		return f, fmt.Errorf("a control frame with %d bytes, fin %v", n, f.fin)
	}
	if n > 16<<20 {
		return f, fmt.Errorf("a frame of %d bytes", n)
	}
	f.payload = make([]byte, n)
	if _, err := io.ReadFull(c.in, f.payload); err != nil {
		return f, fmt.Errorf("a frame was cut: %w", err)
	}
	return f, nil
}

// errClosed is a close frame as an error.
type errClosed struct {
	code   int // 1005 for a frame without one
	reason string
}

func (e errClosed) Error() string { return fmt.Sprintf("close frame %d %q", e.code, e.reason) }

// readMessage reads up to the end of the next message. A close frame is an
// error of type errClosed.
func (c *rawClient) readMessage() (opcode byte, message []byte, err error) {
	for {
		f, err := c.readFrame()
		if err != nil {
			return 0, nil, err
		}
		if done, err := c.take(f); err != nil {
			return 0, nil, err
		} else if done {
			opcode, c.opcode = c.opcode, 0
			if opcode == websocket.OpText && !utf8.Valid(c.message) {
				return 0, nil, fmt.Errorf("the server sent text that is not UTF-8: %q", c.message)
			}
			return opcode, c.message, nil
		}
	}
}

// take adds a frame to the message it belongs to, and reports when that is done.
func (c *rawClient) take(f rawFrame) (done bool, err error) {
	switch f.opcode {
	case websocket.OpPong:
		c.pongs++
		return false, nil
	case websocket.OpPing:
		if c.pings++; c.autoPong {
			_, err = c.conn.Write(clientFrame(websocket.FinBit|websocket.OpPong, f.payload))
		}
		return false, err
	case websocket.OpClose:
		return false, parseClose(f.payload)
	case websocket.OpText, websocket.OpBinary:
		if c.opcode != 0 {
			return false, errors.New("a message began inside another")
		}
		c.opcode, c.message = f.opcode, nil
	case websocket.OpContinuation:
		if c.opcode == 0 {
			return false, errors.New("a continuation of nothing")
		}
	default:
		return false, fmt.Errorf("opcode %#x", f.opcode)
	}
	c.message = append(c.message, f.payload...)
	return f.fin, nil
}

// parseClose returns a close frame's payload as an errClosed, or what is wrong
// with it (RFC 6455 5.5.1, 7.4).
func parseClose(p []byte) error {
	switch {
	case len(p) == 0:
		return errClosed{code: 1005}
	case len(p) == 1:
		return errors.New("a close frame of one byte")
	}
	code, reason := int(binary.BigEndian.Uint16(p)), string(p[2:])
	if code < 1000 || code == 1004 || code == 1005 || code == 1006 || code > 1014 && code < 3000 || code > 4999 {
		return fmt.Errorf("the server sent the close code %d, which never stands in a frame", code)
	}
	if !utf8.ValidString(reason) {
		return fmt.Errorf("the server sent a close reason that is not UTF-8: %q", reason)
	}
	return errClosed{code, reason}
}

// wantText reads a message, which must be want.
func (c *rawClient) wantText(want string) {
	c.t.Helper()
	c.want(websocket.OpText, want)
}

func (c *rawClient) want(opcode byte, want string) {
	c.t.Helper()
	op, got, err := c.readMessage()
	if err != nil {
		c.t.Fatalf("reading a message: %v; want %s", err, short(want))
	}
	if op != opcode || string(got) != want {
		c.t.Fatalf("got a message with opcode %d and %s; want opcode %d and %s", op, short(string(got)), opcode, short(want))
	}
}

func short(s string) string {
	if len(s) > 100 {
		return fmt.Sprintf("%d bytes %.40q…%.40q", len(s), s[:40], s[len(s)-40:])
	}
	return fmt.Sprintf("%q", s)
}

// wantClose reads up to the close frame, which must have this code and reason,
// answers it, and reads up to the connection's end.
func (c *rawClient) wantClose(code int, reason string) {
	c.t.Helper()
	c.wantCloseCode(code, reason)
	var payload []byte
	if code != 1005 {
		payload = closePayload(code, "")
	}
	c.conn.Write(clientFrame(websocket.FinBit|websocket.OpClose, payload)) // may be too late, if the client closed first
	c.wantEnd()
}

// wantCloseCode reads up to the close frame; an empty reason matches any.
func (c *rawClient) wantCloseCode(code int, reason string) {
	c.t.Helper()
	for {
		op, message, err := c.readMessage()
		if err == nil {
			c.t.Logf("before the close frame: opcode %d, %s", op, short(string(message)))
			continue
		}
		var closed errClosed
		if !errors.As(err, &closed) {
			c.t.Fatalf("reading up to the close frame: %v; want %d %q", err, code, reason)
		}
		if closed.code != code || reason != "" && closed.reason != reason {
			c.t.Fatalf("closed with %d %q; want %d %q", closed.code, closed.reason, code, reason)
		}
		return
	}
}

// wantEnd reads what is left of the connection; after a close frame that is
// nothing.
func (c *rawClient) wantEnd() {
	c.t.Helper()
	rest, err := io.ReadAll(c.in)
	if err != nil {
		c.t.Fatalf("reading up to the end: %v", err)
	}
	if len(rest) > 0 {
		c.t.Fatalf("after the close frame: % x", rest)
	}
}

// readRest reads messages up to the connection's end or a close frame.
func (c *rawClient) readRest() (messages []string, err error) {
	for {
		_, message, err := c.readMessage()
		if err != nil {
			return messages, err
		}
		messages = append(messages, string(message))
	}
}

// insecure trusts any certificate.
func insecure() *tls.Config { return &tls.Config{InsecureSkipVerify: true} }

// joined is frames in one piece, for one write.
func joined(frames ...[]byte) []byte { return bytes.Join(frames, nil) }

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return n
}
