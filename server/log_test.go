package server

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"wsd/server/servertest"
	"wsd/server/websocket"
)

// The two records of a session.
func TestSessionLog(t *testing.T) {
	s := serve(t, Config{Command: servertest.Play("input:21", "lines:10,100", "print:", "print:é€😀", "exit:3")})
	c := newRawClient(t, dialTCP(t, s.addr)).upgrade("/chat/room?token=secret")
	for _, m := range []string{"", "five5", "é€😀", "after all"} { // 21 bytes with their newlines, then more
		c.text(m)
	}
	c.ping("no message")
	if rest, err := c.readRest(); len(rest) != 12 {
		t.Errorf("%q, %v", rest, err)
	}
	c.close(1000)
	end := s.log.end(t)
	begin := s.log.wait(t, "CONNECT", 1)[0]
	begin.wantAttrs(t, map[string]string{"path": "/chat/room", "remote": c.conn.LocalAddr().String()})
	end.wantAttrs(t, map[string]string{
		"code": "1011", "reason": "exit status 3", "exit": "exit status 3",
		"messages_out": "12", "bytes_out": itoa(10*100 + 0 + len("é€😀")),
		"messages_in": "4", "bytes_in": itoa(0 + 5 + len("é€😀") + 9),
		"session": begin.attrs["session"], "pid": begin.attrs["pid"],
	})
	if begin.attrs["session"] == "" || begin.attrs["pid"] == "" {
		t.Errorf("%v", begin)
	}
	if d, err := time.ParseDuration(end.attrs["duration"]); err != nil || d < 0 {
		t.Errorf("duration %q: %v", end.attrs["duration"], err)
	}
	for _, r := range []logRecord{begin, end} {
		if r.level != LevelAccess {
			t.Error(r)
		}
	}
	if http := s.log.all("HTTP"); len(http) > 0 {
		t.Errorf("a session is no plain request: %v", http)
	}
}

// What is not delivered any more is not counted as received.
func TestSessionLogOfClose(t *testing.T) {
	s := serveSteps(t, "echo")
	c := s.client(t)
	echoed(t, c, "one", "two")
	c.write(joined(textFrame("three"), clientFrame(websocket.FinBit|websocket.OpClose, closePayload(4000, "enough")), textFrame("behind it")))
	c.wantCloseCode(4000, "")
	s.log.end(t).wantAttrs(t, map[string]string{
		"code": "4000", "reason": "enough", "detail": "client closed", "messages_in": "3", "bytes_in": "11",
	})
}

func TestSessionLogOfFragments(t *testing.T) {
	s := serveSteps(t, "input:200007", "long:150000", "print:")
	c := s.client(t)
	c.write(joined(clientFrame(websocket.OpText, []byte("abc")), clientFrame(websocket.OpContinuation, nil), clientFrame(websocket.FinBit|websocket.OpContinuation, []byte("def"))))
	c.text(strings.Repeat("x", 199_999))
	c.wantText(strings.Repeat("0123456789abcdef", 150_000/16+1)[:150_000])
	c.wantClose(1000, "")
	s.log.end(t).wantAttrs(t, map[string]string{"messages_in": "2", "bytes_in": "200005", "messages_out": "1", "bytes_out": "150000"})
}

func TestSessionLogOfBinary(t *testing.T) {
	s := serve(t, Config{Command: servertest.Play("input:5", "write:000102", "drain"), Binary: true})
	c := s.client(t)
	c.write(joined(clientFrame(websocket.FinBit|websocket.OpBinary, []byte{1, 2, 3}), textFrame("ab")))
	c.want(websocket.OpBinary, "\x00\x01\x02")
	c.close(1000)
	c.wantCloseCode(1000, "")
	s.log.end(t).wantAttrs(t, map[string]string{"messages_in": "2", "bytes_in": "5", "messages_out": "1", "bytes_out": "3"})
}

// Both streams count; their bytes are those on the way to the client.
func TestSessionLogOfStderr(t *testing.T) {
	s := serve(t, Config{Command: servertest.Play("print:out", "err:err"), PassStderr: true})
	c := s.client(t)
	rest, err := c.readRest()
	if len(rest) != 2 {
		t.Errorf("%q, %v", rest, err)
	}
	c.close(1000)
	s.log.end(t).wantAttrs(t, map[string]string{"messages_out": "2", "bytes_out": itoa(len(strings.Join(rest, "")))})
	s.log.wait(t, "stderr", 1)[0].wantAttrs(t, map[string]string{"line": "err"})
}

// A session's id is UNIQUE_ID, so that a backend can name it; no two are the same.
func TestSessionIDs(t *testing.T) {
	s := serveSteps(t, "env")
	seen := map[string]bool{}
	for range 5 {
		env := sessionEnvironment(t, s.client(t))
		for _, kv := range env {
			if id, ok := strings.CutPrefix(kv, "UNIQUE_ID="); ok {
				seen[id] = true
			}
		}
	}
	ids := map[string]bool{}
	for _, r := range s.log.wait(t, "DISCONNECT", 5) {
		if id := r.attrs["session"]; !seen[id] {
			t.Errorf("no backend has UNIQUE_ID=%s", id)
		} else {
			ids[id] = true
		}
	}
	if len(ids) != 5 {
		t.Errorf("%d ids for 5 sessions", len(ids))
	}
}

// Without a Log nothing is logged and nothing breaks.
func TestNoLog(t *testing.T) {
	s := serve(t, Config{Command: servertest.Play("err:unseen", "echo"), Log: slog.New(slog.DiscardHandler)})
	echoed(t, s.client(t), "hello")
	if n, err := New(Config{}); err != nil || n.log == nil {
		t.Errorf("%v, %v", n, err)
	}
}
