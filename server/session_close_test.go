package server

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"wsd/server/servertest"
)

// The table of close codes, by what the backend does.
func TestCloseCodeOfBackend(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		step, reason string
		code         int
	}{
		{"exit:0", "", 1000},
		{"exit:1", "exit status 1", 1011},
		{"exit:255", "exit status 255", 1011},
	} {
		t.Run(tt.step, func(t *testing.T) {
			s := serveToEnd(t, "print:last words", tt.step)
			c := s.client(t)
			c.Want("last words")
			c.WantClose(tt.code, tt.reason)
			exit := "exit status " + strings.TrimPrefix(tt.step, "exit:")
			s.log.Wait(t, "DISCONNECT").Want(t, "code", strconv.Itoa(tt.code), "exit", exit, "messages_out", "1", "bytes_out", "10")
		})
	}
}

func TestCloseCodeCannotStart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "broken")
	if err := os.WriteFile(path, []byte("#!/no/such/interpreter\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	s := serve(t, Config{Command: []string{path}, MaxForks: 1})
	for range 3 { // the place is free again each time
		s.client(t).WantClose(1011, "cannot start")
	}
	errors := s.log.WaitN(t, 3, "cannot start the backend")
	if errors[0]["level"] != LevelError.String() || !strings.Contains(errors[0]["err"], path) {
		t.Error(errors[0])
	}
	s.log.WaitN(t, 3, "DISCONNECT")
}

func TestCloseCodeShutdown(t *testing.T) {
	t.Parallel()
	s := serveSteps(t, "print:up", "drain")
	var clients []*servertest.Client
	for range 5 {
		c := s.client(t)
		c.Want("up")
		clients = append(clients, c)
	}
	closed := make(chan struct{})
	go func() { defer close(closed); s.Close() }()
	for _, c := range clients {
		c.WantClose(1001, "server is shutting down")
	}
	<-closed
	if got := len(s.log.All("DISCONNECT")); got != 5 {
		t.Errorf("Close has returned, and %d of 5 sessions have ended", got)
	}
	c := s.dial(t)
	if answer := c.Shake("/"); answer.StatusCode != 503 {
		t.Errorf("a handshake after Close is answered %s", answer.Status)
	}
}

func TestClientVanishes(t *testing.T) {
	t.Parallel()
	s := serveToEnd(t, "print:up", "drain")
	c := s.client(t)
	c.Want("up")
	c.Conn.Close()
	end := s.log.Wait(t, "DISCONNECT")
	end.Want(t, "code", "1006", "exit", "exit status 0")
	if end["level"] != LevelAccess.String() || !strings.Contains(end["detail"], "lost") {
		t.Error(end)
	}
}

// A half-closed client still gets the close frame of a fault, or a shutdown.
func TestHalfClosedClientSeesFault(t *testing.T) {
	t.Parallel()
	s := serveSteps(t, "drain")
	c := s.client(t)
	c.Write(textFrame("\xff"))
	c.CloseWrite()
	c.WantCloseFrame(1007, "")
	c.WantEnd()
}

// A client that goes on sending after a fault still gets the close frame: its
// unread bytes must not reset the connection.
func TestFaultWhileClientSends(t *testing.T) {
	t.Parallel()
	flood, _ := numbered(20_000, 100)
	for code, fault := range map[int][]byte{
		1002: {0xff, 0xff},
		1003: binFrame("b"),
		1007: textFrame("\xff"),
	} {
		t.Run(strconv.Itoa(code), func(t *testing.T) {
			s := serveSteps(t, "drain")
			c := s.client(t)
			sent := make(chan struct{})
			go func() { // ends when all is sent or the server has closed
				defer close(sent)
				c.Conn.Write(slices.Concat(fault, flood))
			}()
			c.WantCloseFrame(code, "")
			<-sent
			c.Conn.Close()
			s.log.Wait(t, "DISCONNECT")
		})
	}
}

// Faults that follow a fault end nothing but must not keep the session for ever
// either.
func TestFaultAfterFault(t *testing.T) {
	t.Parallel()
	for name, more := range map[string][]byte{
		"message inside a message":     slices.Concat(fragment("a"), textFrame("b")),
		"not masked inside a message":  slices.Concat(fragment("a"), []byte{servertest.Fin | servertest.Continuation, 1, 'b'}),
		"bad ping inside a message":    slices.Concat(fragment("a"), ping(strings.Repeat("\x00", 126))),
		"bad close frame":              closeWith(1006, ""),
		"close frame inside a message": slices.Concat(fragment("a"), servertest.Frame(servertest.Fin|servertest.Close, "")),
		"length with the highest bit":  header64(servertest.Fin|servertest.Text, 1<<63),
		"garbage":                      []byte("GET / HTTP/1.1\r\n\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			s := serveSteps(t, "drain")
			c := s.client(t)
			c.Write(slices.Concat(textFrame("\xff"), more))
			c.WantCloseFrame(1007, "")
			c.CloseWrite()
			s.log.Wait(t, "DISCONNECT")
		})
	}
}

// A client that has broken the protocol and then neither closes nor leaves is not
// waited for: it gets the close frame and the end of the server's direction.
func TestFaultyClientStays(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		send []byte
		code int
	}{
		"text that is not UTF-8":         {textFrame("\xff"), 1007},
		"bad reason in a close frame":    {closeWith(1000, "\xff"), 1007},
		"in a frame that goes on":        {append(header64(servertest.Fin|servertest.Text, 100_000), "\xff\xff"...), 1007},
		"a reserved bit":                 {[]byte{0xf1}, 1002},
		"a message that is too large":    {header64(servertest.Fin|servertest.Text, 1<<40), 1009},
		"a binary one where text is due": {binFrame(""), 1003},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, Config{Command: servertest.Play("drain"), MaxMessage: 1 << 20})
			c := s.client(t)
			c.Write(tt.send)
			c.WantCloseFrame(tt.code, "")
			c.WantEnd()
			s.log.Wait(t, "DISCONNECT").Want(t, "code", itoa(tt.code))
		})
	}
}
