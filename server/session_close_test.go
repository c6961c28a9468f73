package server

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"wsd/server/servertest"
	"wsd/server/websocket"
)

// The table of close codes, by what the backend does.
func TestCloseCodeOfBackend(t *testing.T) {
	for _, tt := range []struct {
		step, reason string
		code         int
	}{
		{"exit:0", "", 1000},
		{"exit:1", "exit status 1", 1011},
		{"exit:255", "exit status 255", 1011},
	} {
		t.Run(tt.step, func(t *testing.T) {
			s := serveSteps(t, "print:last words", tt.step)
			c := s.client(t)
			c.wantText("last words")
			c.wantClose(tt.code, tt.reason)
			exit := "exit status " + strings.TrimPrefix(tt.step, "exit:")
			s.log.end(t).wantAttrs(t, map[string]string{"code": strconv.Itoa(tt.code), "exit": exit, "messages_out": "1", "bytes_out": "10"})
		})
	}
}

func TestCloseCodeCannotStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "broken")
	if err := os.WriteFile(path, []byte("#!/no/such/interpreter\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	s := serve(t, Config{Command: []string{path}, MaxForks: 1})
	for range 3 { // the place is free again each time
		s.client(t).wantClose(1011, "cannot start")
	}
	errors := s.log.wait(t, "cannot start the backend", 3)
	if errors[0].level != LevelError || !strings.Contains(errors[0].attrs["err"], path) {
		t.Error(errors[0])
	}
	s.log.wait(t, "DISCONNECT", 3)
}

func TestCloseCodeShutdown(t *testing.T) {
	s := serveSteps(t, "print:up", "drain")
	var clients []*rawClient
	for range 5 {
		c := s.client(t)
		c.wantText("up")
		clients = append(clients, c)
	}
	closed := make(chan struct{})
	go func() { defer close(closed); s.Close() }()
	for _, c := range clients {
		c.wantClose(1001, "server is shutting down")
	}
	<-closed
	if got := len(s.log.all("DISCONNECT")); got != 5 {
		t.Errorf("Close has returned, and %d of 5 sessions have ended", got)
	}
	c := newRawClient(t, dialTCP(t, s.addr))
	c.shake("/", nil)
	if c.answer.StatusCode != 503 {
		t.Errorf("a handshake after Close is answered %s", c.answer.Status)
	}
}

func TestClientVanishes(t *testing.T) {
	s := serveSteps(t, "print:up", "drain")
	c := s.client(t)
	c.wantText("up")
	c.conn.Close()
	end := s.log.end(t)
	end.wantAttrs(t, map[string]string{"code": "1006", "exit": "exit status 0"})
	if end.level != LevelAccess || !strings.Contains(end.attrs["detail"], "lost") {
		t.Error(end)
	}
}

// A half-closed client still gets the close frame of a fault, or a shutdown.
func TestHalfClosedClientSeesFault(t *testing.T) {
	s := serveSteps(t, "drain")
	c := s.client(t)
	c.write(textFrame("\xff"))
	c.closeWrite()
	c.wantCloseCode(1007, "")
	c.wantEnd()
}

// A client that goes on sending after a fault still gets the close frame: its
// unread bytes must not reset the connection.
func TestFaultWhileClientSends(t *testing.T) {
	flood, _ := numbered(20_000, 100)
	for code, fault := range map[int][]byte{
		1002: {0xff, 0xff},
		1003: clientFrame(websocket.FinBit|websocket.OpBinary, []byte("b")),
		1007: textFrame("\xff"),
	} {
		t.Run(strconv.Itoa(code), func(t *testing.T) {
			s := serveSteps(t, "drain")
			c := s.client(t)
			sent := make(chan struct{})
			go func() { // ends when all is sent or the server has closed
				defer close(sent)
				c.conn.Write(joined(fault, flood))
			}()
			c.wantCloseCode(code, "")
			<-sent
			c.conn.Close()
			s.log.end(t)
		})
	}
}

// Faults that follow a fault end nothing but must not keep the session for ever
// either.
func TestFaultAfterFault(t *testing.T) {
	for name, more := range map[string][]byte{
		"message inside a message":     joined(clientFrame(websocket.OpText, []byte("a")), textFrame("b")),
		"not masked inside a message":  joined(clientFrame(websocket.OpText, []byte("a")), []byte{websocket.FinBit | websocket.OpContinuation, 1, 'b'}),
		"bad ping inside a message":    joined(clientFrame(websocket.OpText, []byte("a")), clientFrame(websocket.FinBit|websocket.OpPing, make([]byte, 126))),
		"bad close frame":              clientFrame(websocket.FinBit|websocket.OpClose, closePayload(1006, "")),
		"close frame inside a message": joined(clientFrame(websocket.OpText, []byte("a")), clientFrame(websocket.FinBit|websocket.OpClose, nil)),
		"length with the highest bit":  header64(websocket.FinBit|websocket.OpText, 1<<63),
		"garbage":                      []byte("GET / HTTP/1.1\r\n\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			s := serveSteps(t, "drain")
			c := s.client(t)
			c.write(joined(textFrame("\xff"), more))
			c.wantCloseCode(1007, "")
			c.closeWrite()
			s.log.end(t)
		})
	}
}

// A client that has broken the protocol and then neither closes nor leaves is not
// waited for: it gets the close frame and the end of the server's direction.
func TestFaultyClientStays(t *testing.T) {
	for name, tt := range map[string]struct {
		send []byte
		code int
	}{
		"text that is not UTF-8":         {textFrame("\xff"), 1007},
		"bad reason in a close frame":    {clientFrame(websocket.FinBit|websocket.OpClose, closePayload(1000, "\xff")), 1007},
		"in a frame that goes on":        {append(header64(websocket.FinBit|websocket.OpText, 100_000), "\xff\xff"...), 1007},
		"a reserved bit":                 {[]byte{0xf1}, 1002},
		"a message that is too large":    {header64(websocket.FinBit|websocket.OpText, 1<<40), 1009},
		"a binary one where text is due": {clientFrame(websocket.FinBit|websocket.OpBinary, nil), 1003},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, Config{Command: servertest.Play("drain"), MaxMessage: 1 << 20})
			c := s.client(t)
			c.write(tt.send)
			c.wantCloseCode(tt.code, "")
			c.wantEnd()
			s.log.end(t).wantAttrs(t, map[string]string{"code": itoa(tt.code)})
		})
	}
}
