package servertest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// A Client is a WebSocket client that sends any bytes at all and reads strictly:
// whatever RFC 6455 forbids a server to send is an error. No read or write takes
// longer than Patience. Two goroutines may use it if one reads and the other only
// writes.
type Client struct {
	Conn         net.Conn
	In           *bufio.Reader // of Conn
	Deaf         bool          // does not answer pings while it reads
	Pings, Pongs int           // that it has read

	t       testing.TB
	message []byte // what has come of the message that has begun
	opcode  byte   // of that; 0 when none has begun
}

// NewClient returns a client on a connection before its handshake. The connection
// is closed when the test ends.
func NewClient(t testing.TB, conn net.Conn) *Client {
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(Patience))
	return &Client{Conn: conn, In: bufio.NewReader(conn), t: t}
}

// opening is the header of the handshake, with the key of RFC 6455 1.3.
var opening = []string{
	"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
}

// Request is the handshake of RFC 6455 4.1 with more header lines. Its host is
// test.example, unless one of these lines says otherwise.
func Request(path string, header ...string) []byte { return get(path, append(opening, header...)) }

func get(path string, header []string) []byte {
	lines := []string{"GET " + path + " HTTP/1.1"}
	if !slices.ContainsFunc(header, func(line string) bool { return strings.HasPrefix(line, "Host: ") }) {
		lines = append(lines, "Host: test.example")
	}
	return []byte(strings.Join(append(lines, header...), "\r\n") + "\r\n\r\n")
}

// Get sends a plain request, the last one on this connection, and returns the
// answer and its body.
func (c *Client) Get(path string, header ...string) (answer *http.Response, body string) {
	c.t.Helper()
	c.Write(get(path, append([]string{"Connection: close"}, header...)))
	answer = c.ReadAnswer()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		c.t.Fatalf("reading the answer to a request: %v", err)
	}
	return answer, string(text)
}

// Shake sends the handshake and returns the answer.
func (c *Client) Shake(path string, header ...string) *http.Response {
	c.t.Helper()
	c.Write(Request(path, header...))
	return c.ReadAnswer()
}

// ReadAnswer reads the answer to a request, but not its body.
func (c *Client) ReadAnswer() *http.Response {
	c.t.Helper()
	c.Conn.SetReadDeadline(time.Now().Add(Patience))
	answer, err := http.ReadResponse(c.In, nil)
	if err != nil {
		c.t.Fatalf("reading the answer to a request: %v", err)
	}
	return answer
}

// Upgrade is a Shake that must succeed. It returns c.
func (c *Client) Upgrade(path string, header ...string) *Client {
	c.t.Helper()
	c.Write(Request(path, header...))
	return c.WantUpgraded()
}

// WantUpgraded reads the answer to the handshake, which must be the one of RFC
// 6455 4.2.2. It returns c.
func (c *Client) WantUpgraded() *Client {
	c.t.Helper()
	answer := c.ReadAnswer()
	if answer.StatusCode != http.StatusSwitchingProtocols {
		body, _ := io.ReadAll(answer.Body)
		c.t.Fatalf("the handshake was answered %s: %s", answer.Status, short(string(body)))
	}
	for name, want := range map[string]string{
		"Connection": "upgrade", "Upgrade": "websocket", "Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "Sec-WebSocket-Extensions": "",
	} {
		if got := answer.Header.Get(name); got != want && !(name[0] != 'S' && strings.EqualFold(got, want)) {
			c.t.Fatalf("the answer to the handshake has %s: %q, want %q", name, got, want)
		}
	}
	return c
}

// Write sends any bytes.
func (c *Client) Write(b []byte) {
	c.t.Helper()
	if err := c.TryWrite(b); err != nil {
		c.t.Fatalf("writing: %v", err)
	}
}

// TryWrite is a Write that may fail.
func (c *Client) TryWrite(b []byte) error {
	c.Conn.SetWriteDeadline(time.Now().Add(Patience))
	_, err := c.Conn.Write(b)
	return err
}

// Send sends a text message.
func (c *Client) Send(text string) { c.t.Helper(); c.Write(Message(text)) }

// SendPing sends a ping.
func (c *Client) SendPing(payload string) { c.t.Helper(); c.Write(Frame(Fin|Ping, payload)) }

// SendClose sends a close frame without a reason.
func (c *Client) SendClose(code int) { c.t.Helper(); c.Write(CloseFrame(code, "")) }

// CloseWrite ends the client's direction and leaves the other open.
func (c *Client) CloseWrite() {
	c.t.Helper()
	if err := c.Conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		c.t.Fatal(err)
	}
}

// Reset ends a TCP connection by RST.
func (c *Client) Reset() {
	c.Conn.(*net.TCPConn).SetLinger(0)
	c.Conn.Close()
}

// Sync returns when the server has read all that was sent: it has answered a ping
// sent after it. No message may end before that.
func (c *Client) Sync() {
	c.t.Helper()
	c.SendPing("read?")
	for before := c.Pongs; c.Pongs == before; {
		if done, err := c.take(c.ReadFrame()); err != nil || done {
			c.t.Fatalf("waiting for a pong: %v, message %v", err, done)
		}
	}
}

// ReadFrame reads one frame, and refuses what a server may not send. At the end of
// the connection the error is io.EOF.
func (c *Client) ReadFrame() (ServerFrame, error) {
	c.Conn.SetReadDeadline(time.Now().Add(Patience))
	return ReadFrame(c.In)
}

// ReadMessage reads up to the end of the next message, whose bytes are the
// caller's. A close frame is a CloseError.
func (c *Client) ReadMessage() (opcode byte, message []byte, err error) {
	for {
		if done, err := c.take(c.ReadFrame()); err != nil {
			return 0, nil, err
		} else if done {
			opcode, c.opcode = c.opcode, 0
			if opcode == Text && !utf8.Valid(c.message) {
				return 0, nil, fmt.Errorf("the server sent text that is not UTF-8: %q", c.message)
			}
			return opcode, c.message, nil
		}
	}
}

// take adds a frame to the message it belongs to, and reports whether that is
// complete.
func (c *Client) take(f ServerFrame, err error) (done bool, _ error) {
	if err != nil {
		return false, err
	}
	switch f.Opcode {
	case Pong:
		c.Pongs++
		return false, nil
	case Ping:
		if c.Pings++; !c.Deaf {
			err = c.TryWrite(Frame(Fin|Pong, string(f.Payload)))
		}
		return false, err
	case Close:
		return false, ParseClose(f.Payload)
	case Text, Binary:
		if c.opcode != 0 {
			return false, errors.New("a message began inside another")
		}
		c.opcode, c.message = f.Opcode, nil
	case Continuation:
		if c.opcode == 0 {
			return false, errors.New("a continuation of nothing")
		}
	default:
		return false, fmt.Errorf("opcode %#x", f.Opcode)
	}
	c.message = append(c.message, f.Payload...)
	return f.Fin, nil
}

// Read is ReadMessage for text.
func (c *Client) Read() (string, error) {
	opcode, message, err := c.ReadMessage()
	if err == nil && opcode != Text {
		err = fmt.Errorf("a message with opcode %#x", opcode)
	}
	return string(message), err
}

// ReadAll reads messages up to the connection's end or a close frame, which is err.
func (c *Client) ReadAll() (messages []string, err error) {
	for {
		_, message, err := c.ReadMessage()
		if err != nil {
			return messages, err
		}
		messages = append(messages, string(message))
	}
}

// Want reads a text message, which must be this one.
func (c *Client) Want(text string) { c.t.Helper(); c.WantMessage(Text, text) }

// WantMessage reads a message, which must be this one.
func (c *Client) WantMessage(opcode byte, want string) {
	c.t.Helper()
	op, got, err := c.ReadMessage()
	if err != nil {
		c.t.Fatalf("reading a message: %v; want %s", err, short(want))
	}
	if op != opcode || string(got) != want {
		c.t.Fatalf("got a message with opcode %d and %s; want opcode %d and %s", op, short(string(got)), opcode, short(want))
	}
}

// WantEcho sends each of the texts when the one before has come back.
func (c *Client) WantEcho(texts ...string) {
	c.t.Helper()
	for _, text := range texts {
		c.Send(text)
		c.Want(text)
	}
}

// WantCloseFrame reads up to the close frame, and returns the messages before it.
// An empty reason matches any.
func (c *Client) WantCloseFrame(code int, reason string) (before []string) {
	c.t.Helper()
	before, err := c.ReadAll()
	var closed CloseError
	if !errors.As(err, &closed) {
		c.t.Fatalf("reading up to the close frame: %v; want %d %q", err, code, reason)
	}
	if closed.Code != code || reason != "" && closed.Reason != reason {
		c.t.Fatalf("closed with %d %q; want %d %q", closed.Code, closed.Reason, code, reason)
	}
	return before
}

// WantClose is WantCloseFrame for a server that ends the session: the frame is
// answered, and nothing but the connection's end may follow.
func (c *Client) WantClose(code int, reason string) (before []string) {
	c.t.Helper()
	before = c.WantCloseFrame(code, reason)
	c.Part(code)
	return before
}

// Part answers the close frame that has been read, and reads up to the
// connection's end.
func (c *Client) Part(code int) {
	c.t.Helper()
	answer := CloseFrame(code, "")
	if code == 1005 {
		answer = Frame(Fin|Close, "")
	}
	c.TryWrite(answer) // may be too late, if the client closed first
	c.WantEnd()
}

// Leave ends the session as a browser does. No message may come before the
// server's answer.
func (c *Client) Leave() {
	c.t.Helper()
	c.SendClose(1000)
	if before := c.WantCloseFrame(1000, ""); len(before) > 0 {
		c.t.Errorf("leaving was answered %q", before)
	}
	c.WantEnd()
}

// WantEnd fails the test if anything comes before the connection's end, and
// closes it.
func (c *Client) WantEnd() {
	c.t.Helper()
	c.Conn.SetReadDeadline(time.Now().Add(Patience))
	if rest, err := io.ReadAll(c.In); err != nil || len(rest) > 0 {
		c.t.Fatalf("before the connection's end: %s, %v", short(string(rest)), err)
	}
	c.Conn.Close()
}
