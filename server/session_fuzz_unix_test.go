//go:build unix

package server

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"wsd/server/lazyio"
	"wsd/server/servertest"
	"wsd/server/websocket"
)

// fuzzMaxMessage is large enough for a frame that no buffer holds.
const fuzzMaxMessage = 100_000

// expected is what a session has to make of the bytes that a client sends.
type expected struct {
	stdin    []byte
	messages int
	pings    []string // before the end
	code     int      // in the log: 1006 when nothing has ended the session
	reply    bool     // a close frame with this code is sent
}

func (e *expected) fault(code int) { e.code, e.reply = code, true }

// expect reads b by the words of RFC 6455 and DESIGN.md, a byte at a time.
func expect(b []byte, binary bool) (e expected) {
	e.code = 1006
	var message []byte
	inMessage, text := false, false
	for e.code == 1006 {
		h, ok, err := websocket.ParseHeader(b, true) // which has a slow reference of its own
		if err != nil {
			e.fault(1002)
			return e
		}
		if !ok {
			return e
		}
		b = b[h.Size:]
		payload := []byte{}
		for i := 0; i < len(b) && uint64(i) < h.Length; i++ {
			payload = append(payload, b[i]^h.Mask[i%4])
		}
		whole := uint64(len(payload)) == h.Length
		b = b[len(payload):]
		if h.Op >= 8 {
			if !whole {
				return e
			}
			e.control(h.Op, payload)
			continue
		}
		if code := faultOf(h, inMessage, len(message), binary); code != 0 {
			e.fault(code)
			return e
		}
		if !inMessage {
			text = h.Op == websocket.OpText
		}
		message = append(message, payload...)
		inMessage = !h.Fin
		if text && !beginsText(message, whole && h.Fin) {
			e.fault(1007)
			return e
		}
		if !whole {
			return e
		}
		if h.Fin {
			e.messages++
			if e.stdin = append(e.stdin, message...); !binary {
				e.stdin = append(e.stdin, '\n')
			}
			message = nil
		}
	}
	return e
}

func (e *expected) control(op byte, payload []byte) {
	switch op {
	case websocket.OpPing:
		e.pings = append(e.pings, string(payload))
	case websocket.OpClose:
		var closed servertest.CloseError
		switch err := servertest.ParseClose(payload); {
		case errors.As(err, &closed):
			e.fault(closed.Code)
		case len(payload) >= 2 && !utf8.Valid(payload[2:]) && servertest.ParseClose(payload[:2]) == servertest.CloseError{Code: int(payload[0])<<8 | int(payload[1])}:
			e.fault(1007)
		default:
			e.fault(1002)
		}
	}
}

// faultOf is the close code for a data frame that may not come here, or 0.
func faultOf(h websocket.Header, inMessage bool, before int, binary bool) int {
	switch {
	case (h.Op == websocket.OpContinuation) != inMessage:
		return 1002
	case h.Op == websocket.OpBinary && !binary:
		return 1003
	case h.Length > uint64(fuzzMaxMessage-before):
		return 1009
	}
	return 0
}

// beginsText reports whether b is text, or could become it if not at its end.
func beginsText(b []byte, end bool) bool {
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size == 1 {
			return !end && !utf8.FullRune(b)
		}
		b = b[size:]
	}
	return true
}

// fuzzServer serves backends that record their stdin to the file that the
// query names. Each kind of connection is read in its own way: TCP by the
// poller, a pipe, which keeps the slices that are written to it, as TLS is.
type fuzzServer struct {
	binary bool
	log    *newestLog
	tcp    string
	pipes  chan net.Conn
	file   string
}

func newFuzzServer(f *testing.F, binary bool) *fuzzServer {
	sh, err := exec.LookPath("sh")
	if err != nil {
		if os.Getenv("CI") == "true" {
			f.Fatal("sh is missing")
		}
		f.Skip("sh is missing")
	}
	log := new(newestLog)
	log.Store(new(servertest.Log))
	s, err := New(Config{
		Command: []string{sh, "-c", `exec cat >"$QUERY_STRING"`},
		Env:     []string{"PATH=" + os.Getenv("PATH")},
		Binary:  binary, MaxMessage: fuzzMaxMessage, Log: logTo(log, LevelAccess),
	})
	if err != nil {
		f.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	p := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	hs := &http.Server{Handler: s}
	go hs.Serve(l) // end by hs.Close
	go hs.Serve(p)
	f.Cleanup(func() {
		within(f, "Close", s.Close)
		hs.Close()
	})
	return &fuzzServer{binary: binary, log: log, tcp: l.Addr().String(), pipes: p.conns, file: filepath.Join(f.TempDir(), "stdin")}
}

// pipeListener accepts what is sent to conns.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { l.once.Do(func() { close(l.closed) }); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

// connect does the handshake on a connection of either kind.
func (s *fuzzServer) connect(t *testing.T, pipe bool) *servertest.Client {
	var conn net.Conn
	if pipe {
		var theirs net.Conn
		conn, theirs = net.Pipe()
		s.pipes <- theirs
	} else {
		conn = servertest.Connect(t, s.tcp)
	}
	return servertest.NewClient(t, conn).Upgrade("/?" + s.file)
}

// talk sends b in slices of these sizes, turn about, and reads what comes until
// the end. A client that is owed no close frame leaves once all is sent.
func (s *fuzzServer) talk(t *testing.T, c *servertest.Client, b []byte, sizes []byte, stay bool) (frames []servertest.ServerFrame, err error) {
	sent := make(chan struct{})
	go func() { // ends when all is sent or the connection is closed, which is below; waited for there
		defer close(sent)
		for i := 0; len(b) > 0; i++ {
			n := min(len(b), 1+int(sizes[i%len(sizes)]))
			if sizes[i%len(sizes)] == 255 {
				n = len(b)
			}
			if _, err := c.Conn.Write(b[:n]); err != nil {
				return
			}
			b = b[n:]
		}
		if stay {
			return
		}
		if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
			half.CloseWrite()
		} else {
			c.Conn.Close()
		}
	}()
	for {
		f, err := c.ReadFrame()
		if err == nil {
			frames = append(frames, f)
		}
		if err != nil || f.Opcode == websocket.OpClose {
			c.Conn.Close()
			<-sent
			return frames, err
		}
	}
}

// check compares a session with what is expected of it.
func (s *fuzzServer) check(t *testing.T, b, sizes []byte, pipe bool) {
	os.Remove(s.file)
	s.log.Store(new(servertest.Log))
	want := expect(b, s.binary)
	frames, err := s.talk(t, s.connect(t, pipe), b, sizes, want.reply)
	if err != nil && (want.reply || errors.Is(err, os.ErrDeadlineExceeded)) {
		t.Fatalf("reading up to the close frame: %v; want %d", err, want.code)
	}
	end := s.log.Load().Wait(t, "DISCONNECT")
	if code := end["code"]; code != fmt.Sprint(want.code) {
		t.Errorf("the session ended with %s, want %d: %v", code, want.code, end)
	}
	if end["messages_in"] != fmt.Sprint(want.messages) {
		t.Errorf("%s messages counted, want %d", end["messages_in"], want.messages)
	}
	if got, err := os.ReadFile(s.file); err != nil || !bytes.Equal(got, want.stdin) {
		t.Errorf("the backend got %s, %v; want %s", short(string(got)), err, short(string(want.stdin)))
	}
	wantAnswers(t, frames, want)
}

// wantAnswers checks what the server has sent: some of the pongs that it owes, in
// order and to the last one if the client closed, and a close frame.
func wantAnswers(t *testing.T, frames []servertest.ServerFrame, want expected) {
	pings, last, closed := want.pings, "", false
	for _, f := range frames {
		switch f.Opcode {
		case websocket.OpPong:
			i := slices.Index(pings, string(f.Payload))
			if i < 0 {
				t.Fatalf("%v answers none of %q, or too late", f, pings)
			}
			pings, last = pings[i+1:], string(f.Payload)
		case websocket.OpClose:
			closed = true
			err := servertest.ParseClose(f.Payload)
			if e, ok := err.(servertest.CloseError); !ok || e.Code != want.code {
				t.Errorf("%v, want %d", err, want.code)
			}
		default:
			t.Errorf("the server sent %v", f)
		}
	}
	if closed != want.reply {
		t.Errorf("a close frame has come: %v, want %v", closed, want.reply)
	}
	if n := len(want.pings); closed && n > 0 && last != want.pings[n-1] {
		t.Errorf("the last pong is %q, and the last ping was %q", last, want.pings[n-1])
	}
}

// fuzzSeeds are bytes that clients send, right and wrong.
func fuzzSeeds() [][]byte {
	closing := closeWith(1000, "bye")
	euro := []byte("€")
	return [][]byte{
		nil, closing, ping("p"), textFrame("a"), textFrame("a")[:4], textFrame("\xff")[:7],
		slices.Concat(textFrame("a\nb"), ping("p"), textFrame(""), closing, textFrame("after")),
		slices.Concat(fragment(string(euro[:1])), ping("p"), more(string(euro[1:2])), final(string(euro[2:])), closing),
		slices.Concat(fragment(string(euro[:1])), final(string(euro[2:]))),
		slices.Concat(fragment("half"), closing),
		slices.Concat(fragment("half"), textFrame("b")),
		slices.Concat(textFrame("x"), final("a")),
		slices.Concat(binFrame("\xff\x00"), textFrame("\xff"), ping("p"), closing),
		slices.Concat(textFrame(string(bytes.Repeat(euro, 1400))), textFrame(string(bytes.Repeat(euro, 1400)[:4199]))),
		slices.Concat(textFrame(string(bytes.Repeat([]byte("y"), fuzzMaxMessage))), closing),
		textFrame(strings.Repeat("\x00", fuzzMaxMessage+1)),
		slices.Concat(fragment(strings.Repeat("\x00", fuzzMaxMessage-1)), more("ab")),
		textFrame("\xff and what does not come")[:9],
		textFrame("€ and what does not come")[:8],
		ping(strings.Repeat("\x00", 126)),
		closeWith(1005, ""),
		closeWith(1000, "\xff"),
		servertest.Frame(websocket.FinBit|websocket.OpClose, string([]byte{3})),
		slices.Concat(textFrame("ok"), header64(websocket.FinBit|websocket.OpText, 1<<63)),
		slices.Concat(textFrame("ok"), header64(websocket.FinBit|websocket.OpBinary, 1<<40), []byte("little")),
		[]byte("GET / HTTP/1.1\r\n\r\n"),
		{websocket.FinBit | websocket.OpText, 1, 'a'},
	}
}

// FuzzSession sends arbitrary bytes in arbitrary slices, behind a message of lead
// bytes, to a live session. What reaches the backend are exactly the messages that
// are whole before the first fault, and the client is told what it did.
func FuzzSession(f *testing.F) {
	for i, seed := range fuzzSeeds() {
		for mode := range byte(4) {
			f.Add(seed, []byte{255}, uint32(0), mode)
			f.Add(seed, []byte{0, 1, 6, 100}, uint32(70+i), mode)
		}
		f.Add(seed, []byte{250, 255}, uint32(lazyio.BufferSize-40+i), byte(i))
	}
	servers := [2]*fuzzServer{newFuzzServer(f, false), newFuzzServer(f, true)}
	f.Fuzz(func(t *testing.T, b, sizes []byte, lead uint32, mode byte) {
		if len(b) > 2*fuzzMaxMessage || lead > fuzzMaxMessage+10 {
			return
		}
		if lead > 0 {
			b = slices.Concat(textFrame(servertest.TestLine(0, int(lead))), b)
		}
		if len(sizes) == 0 || len(b) > 20_000 {
			sizes = append(sizes, 255)
		}
		servers[mode&1].check(t, b, sizes, mode&2 != 0)
	})
}

// TestSlowReader checks the reference itself by what is plain to see.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	got := expect(slices.Concat(textFrame("a"), fragment("b"), ping("p"),
		final("c"), textFrame("\xff"), textFrame("d")), false)
	if string(got.stdin) != "a\nbc\n" || got.messages != 2 || got.code != 1007 || len(got.pings) != 1 {
		t.Errorf("%+v", got)
	}
}
