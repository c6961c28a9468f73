package server

import (
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"

	"wsd/server/servertest"
)

// The two records of a session.
func TestSessionLog(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{CloseDelay: servertest.Patience, Command: servertest.Play("input:21", "lines:10,100", "print:", "print:é€😀", "exit:3")})
	c := s.dial(t).Upgrade("/chat/room?token=secret")
	for _, m := range []string{"", "five5", "é€😀", "after all"} { // 21 bytes with their newlines, then more
		c.Send(m)
	}
	c.SendPing("no message")
	if rest, err := c.ReadAll(); len(rest) != 12 {
		t.Errorf("%q, %v", rest, err)
	}
	c.SendClose(1000)
	end := s.log.Wait(t, "DISCONNECT")
	begin := s.log.Wait(t, "CONNECT")
	begin.Want(t, "path", "/chat/room", "remote", c.Conn.LocalAddr().String())
	end.Want(t,
		"code", "1011", "reason", "exit status 3", "exit", "exit status 3",
		"messages_out", "12", "bytes_out", itoa(10*100+0+len("é€😀")),
		"messages_in", "4", "bytes_in", itoa(0+5+len("é€😀")+9),
		"session", begin["session"], "pid", begin["pid"],
	)
	if begin["session"] == "" || begin["pid"] == "" {
		t.Errorf("%v", begin)
	}
	if ns, err := strconv.Atoi(end["duration"]); err != nil || ns < 0 {
		t.Errorf("duration %q: %v", end["duration"], err)
	}
	for _, r := range []servertest.Record{begin, end} {
		if r["level"] != LevelAccess.String() {
			t.Error(r)
		}
	}
	if http := s.log.All("HTTP"); len(http) > 0 {
		t.Errorf("a session is no plain request: %v", http)
	}
}

// What is not delivered any more is not counted as received.
func TestSessionLogOfClose(t *testing.T) {
	t.Parallel()
	s := serveSteps(t, "echo")
	c := s.client(t)
	c.WantEcho("one", "two")
	c.Write(slices.Concat(textFrame("three"), closeWith(4000, "enough"), textFrame("behind it")))
	c.WantCloseFrame(4000, "")
	s.log.Wait(t, "DISCONNECT").Want(t,
		"code", "4000", "reason", "enough", "detail", "client closed", "messages_in", "3", "bytes_in", "11",
	)
}

func TestSessionLogOfFragments(t *testing.T) {
	t.Parallel()
	s := serveSteps(t, "input:200007", "long:150000", "print:")
	c := s.client(t)
	c.Write(slices.Concat(fragment("abc"), more(""), final("def")))
	c.Send(strings.Repeat("x", 199_999))
	c.Want(strings.Repeat("0123456789abcdef", 150_000/16+1)[:150_000])
	c.WantClose(1000, "")
	s.log.Wait(t, "DISCONNECT").Want(t, "messages_in", "2", "bytes_in", "200005", "messages_out", "1", "bytes_out", "150000")
}

func TestSessionLogOfBinary(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Command: servertest.Play("input:5", "write:000102", "drain"), Binary: true})
	c := s.client(t)
	c.Write(slices.Concat(binFrame(string([]byte{1, 2, 3})), textFrame("ab")))
	c.WantMessage(servertest.Binary, "\x00\x01\x02")
	c.Leave()
	s.log.Wait(t, "DISCONNECT").Want(t, "messages_in", "2", "bytes_in", "5", "messages_out", "1", "bytes_out", "3")
}

// Both streams count; their bytes are those on the way to the client.
func TestSessionLogOfStderr(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Command: servertest.Play("print:out", "err:err"), PassStderr: true})
	c := s.client(t)
	rest, err := c.ReadAll()
	if len(rest) != 2 {
		t.Errorf("%q, %v", rest, err)
	}
	c.SendClose(1000)
	s.log.Wait(t, "DISCONNECT").Want(t, "messages_out", "2", "bytes_out", itoa(len(strings.Join(rest, ""))))
	s.log.Wait(t, "stderr").Want(t, "line", "err")
}

// A session's id is UNIQUE_ID, so that a backend can name it; no two are the same.
func TestSessionIDs(t *testing.T) {
	t.Parallel()
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
	for _, r := range s.log.WaitN(t, 5, "DISCONNECT") {
		if id := r["session"]; !seen[id] {
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
	t.Parallel()
	s := serve(t, Config{Command: servertest.Play("err:unseen", "echo"), Log: slog.New(slog.DiscardHandler)})
	s.client(t).WantEcho("hello")
	if n, err := New(Config{}); err != nil || n.log == nil {
		t.Errorf("%v, %v", n, err)
	}
}
