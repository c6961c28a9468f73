//go:build unix

package main_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"net"
	"net/http"
	"testing"

	"github.com/coder/websocket"
)

// object is a line of JSON.
type object = map[string]any

// client is a WebSocket client. Its methods fail the test on any error, and when
// they have waited too long. It belongs to one goroutine.
type client struct {
	t    *testing.T
	ctx  context.Context // ends with the test, and bounds all it does
	conn *websocket.Conn
	gone bool // the session has been ended with 1001
}

func dial(t *testing.T, url string) *client {
	t.Helper()
	return dialFrom(t, url, "127.0.0.1", nil)
}

// A server is where clients connect: a wsd, or a proxy.
type server interface {
	dial(t *testing.T, path string) *client
}

// dialFrom opens a WebSocket from one of this machine's addresses.
func dialFrom(t *testing.T, url, from string, header http.Header) *client {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	t.Cleanup(cancel)
	transport := &http.Transport{
		DialContext:     (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}).DialContext,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // of this test's own server
	}
	t.Cleanup(transport.CloseIdleConnections)
	conn, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPClient: &http.Client{Transport: transport}, HTTPHeader: header})
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadLimit(1 << 20)
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &client{t: t, ctx: ctx, conn: conn}
}

func (c *client) send(line object) {
	c.t.Helper()
	text, err := json.Marshal(line)
	if err != nil {
		c.t.Fatal(err)
	}
	c.sendText(string(text))
}

func (c *client) sendText(text string) {
	c.t.Helper()
	if err := c.conn.Write(c.ctx, websocket.MessageText, []byte(text)); err != nil {
		c.t.Fatalf("sending %.80s: %v", text, err)
	}
}

// receive returns the next line.
func (c *client) receive() object {
	c.t.Helper()
	_, text, err := c.conn.Read(c.ctx)
	return c.decode(text, err)
}

func (c *client) decode(text []byte, err error) object {
	c.t.Helper()
	if err != nil {
		c.t.Fatalf("receiving: %v", err)
	}
	var line object
	if err := json.Unmarshal(text, &line); err != nil {
		c.t.Fatalf("%.80s: %v", text, err)
	}
	return line
}

// await returns the next line of a type. Lines of other types may come before:
// what several processes say has no order.
func (c *client) await(kind string) object {
	c.t.Helper()
	for {
		line := c.receive()
		if line["type"] == kind {
			return line
		}
		if line["type"] == "error" {
			c.t.Fatalf("waiting for %s: %v", kind, line)
		}
	}
}

// awaitError waits for an error, and checks its code.
func (c *client) awaitError(code string) {
	c.t.Helper()
	line := c.receive()
	for line["type"] != "error" {
		line = c.receive()
	}
	if line["code"] != code || line["message"] == "" {
		c.t.Fatalf("got the error %v, want code %s and a message", line, code)
	}
}

// next returns the next line, or nil when wsd has ended the session because it
// shuts down.
func (c *client) next() object {
	c.t.Helper()
	_, text, err := c.conn.Read(c.ctx)
	if c.gone = websocket.CloseStatus(err) == websocket.StatusGoingAway; c.gone {
		return nil
	}
	return c.decode(text, err)
}

// awaitClose reads to the end of the session, and checks its close code.
func (c *client) awaitClose(code websocket.StatusCode) {
	c.t.Helper()
	for {
		_, text, err := c.conn.Read(c.ctx)
		if err == nil {
			c.t.Logf("before the end: %.200s", text)
			continue
		}
		if got := websocket.CloseStatus(err); got != code {
			c.t.Fatalf("the end of the session: %v, want close code %d", err, code)
		}
		return
	}
}

// leave ends the session from this side.
func (c *client) leave() {
	c.t.Helper()
	if err := c.conn.Close(websocket.StatusNormalClosure, ""); err != nil {
		c.t.Errorf("leaving: %v", err)
	}
}

// canUse reports whether this machine has an address.
func canUse(address string) bool {
	listener, err := net.Listen("tcp", net.JoinHostPort(address, "0"))
	if err == nil {
		listener.Close()
	}
	return err == nil
}
