package server

import (
	"testing"
	"time"

	"wsd/server/servertest"
)

func TestIdleTimeout(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Command: servertest.Play("print:up", "echo"), IdleTimeout: 500 * time.Millisecond})
	c := s.client(t)
	c.Want("up")
	c.WantClose(1001, "no messages for too long")
	s.log.Wait(t, "DISCONNECT").Want(t, "code", "1001", "reason", "no messages for too long", "messages_out", "1")
}

// However busy it is, a session ends with MaxSession, and what the backend has
// written by then arrives before the close frame.
func TestMaxSession(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Command: servertest.Play("print:up", "echo"), MaxSession: 300 * time.Millisecond})
	c := s.client(t) // by now the session may have ended, if the machine is busy
	for {
		c.Conn.Write(textFrame("x"))
		_, _, err := c.ReadMessage()
		if err == nil {
			continue
		}
		if closed, ok := err.(servertest.CloseError); !ok || closed.Code != 1001 || closed.Reason != "the session has lasted long enough" {
			t.Fatal(err)
		}
		break
	}
	c.SendClose(1001)
	c.WantEnd()
	s.log.Wait(t, "DISCONNECT").Want(t, "code", "1001", "reason", "the session has lasted long enough")
}

func TestOnce(t *testing.T) {
	t.Parallel()
	r := run(t, Config{Command: servertest.Play("print:up", "echo"), Addresses: []string{"127.0.0.1:0"}, DevConsole: true, Once: true})
	resp, _ := r.get(t, "/") // does not count
	wantStatus(t, resp, 200)
	wantStatus(t, r.askUpgrade(t, "Sec-WebSocket-Key: b25lIHRvbyBtYW55IGtleQ=="), 400) // nor does this
	c := r.client(t)
	c.Want("up")
	resp = r.askUpgrade(t)
	wantStatus(t, resp, 503)
	r.log.Wait(t, "there is one session only ({Once})")
	c.Send("still there")
	c.Want("still there")
	c.Leave()
	r.wait(t) // without being stopped
	r.log.Wait(t, "the session has ended ({Once})")
}

// Where nothing runs the server, a session of Once leaves the rest of it alive.
func TestOnceWithoutRun(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Command: servertest.Play("print:up"), Once: true})
	c := s.client(t)
	c.Want("up")
	c.WantClose(1000, "")
	<-s.over
	wantStatus(t, s.askUpgrade(t), 503)
}
