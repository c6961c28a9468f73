package server

import (
	"testing"
	"time"

	"wsd/server/servertest"
)

// Pings and their answers are no messages: a client that only lives is idle.
func TestIdleTimeout(t *testing.T) {
	s := serve(t, Config{Command: servertest.Play("print:up", "echo"), PingPeriod: 100 * time.Millisecond, IdleTimeout: 1500 * time.Millisecond})
	c := s.client(t)
	c.wantText("up")
	c.text("hello")
	c.wantText("hello")
	c.wantClose(1001, "no messages for too long")
	if c.pings == 0 {
		t.Error("the client was not pinged")
	}
	s.log.end(t).wantAttrs(t, map[string]string{"code": "1001", "reason": "no messages for too long", "messages_in": "1", "messages_out": "2"})
}

// However busy it is, a session ends with MaxSession, and what the backend has
// written by then arrives before the close frame.
func TestMaxSession(t *testing.T) {
	s := serve(t, Config{Command: servertest.Play("print:up", "echo"), MaxSession: 300 * time.Millisecond})
	c := s.client(t)
	c.wantText("up")
	for {
		if _, err := c.conn.Write(textFrame("x")); err != nil {
			t.Fatal(err)
		}
		_, _, err := c.readMessage()
		if err == nil {
			continue
		}
		if closed, ok := err.(errClosed); !ok || closed.code != 1001 || closed.reason != "the session has lasted long enough" {
			t.Fatal(err)
		}
		break
	}
	c.close(1001)
	c.wantEnd()
	s.log.end(t).wantAttrs(t, map[string]string{"code": "1001", "reason": "the session has lasted long enough"})
}

func TestOnce(t *testing.T) {
	r := run(t, Config{Command: servertest.Play("print:up", "echo"), Addresses: []string{"127.0.0.1:0"}, DevConsole: true, Once: true})
	resp, _ := r.get(t, "/") // does not count
	wantStatus(t, resp, 200)
	wantStatus(t, r.askUpgrade(t, "Sec-WebSocket-Key: b25lIHRvbyBtYW55IGtleQ=="), 400) // nor does this
	c := newRawClient(t, dialTCP(t, r.addr)).upgrade("/")
	c.wantText("up")
	resp = r.askUpgrade(t)
	wantStatus(t, resp, 503)
	r.log.wait(t, "there is one session only ({Once})", 1)
	c.text("still there")
	c.wantText("still there")
	c.close(1000)
	c.wantCloseCode(1000, "")
	r.wait(t) // without being stopped
	r.log.wait(t, "the session has ended ({Once})", 1)
}

// Where nothing runs the server, a session of Once leaves the rest of it alive.
func TestOnceWithoutRun(t *testing.T) {
	s := serve(t, Config{Command: servertest.Play("print:up"), Once: true})
	c := s.client(t)
	c.wantText("up")
	c.wantClose(1000, "")
	<-s.over
	wantStatus(t, s.askUpgrade(t), 503)
}
