package server

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"wsd/server/servertest"
)

// subject is a server under the suite, which serves at /ws. Its backend writes
// what it reads back, and keeps it in dir in a file that its PATH_INFO names.
type subject struct {
	mode  mode
	dial  func(t testing.TB) net.Conn
	log   *servertest.Log
	dir   string
	every bool // cut in two at each place what is short, instead of sending it in one write
	count atomic.Int64
}

// newPath is a path that no other session has, below /ws.
func (s *subject) newPath() string { return "/" + strconv.FormatInt(s.count.Add(1), 10) }

// runFrames runs the cases of the subject's mode, side by side.
func (s *subject) runFrames(t *testing.T, cases []frameCase) {
	for _, c := range cases {
		if c.mode == bothModes || c.mode == s.mode {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				s.runFrameCase(t, &c)
			})
		}
	}
}

// runFrameCase runs a case in each of its ways, all in one session if that
// outlives the case.
func (s *subject) runFrameCase(t *testing.T, c *frameCase) {
	if c.ends.by == bySuite {
		p := s.newPeer(t, c)
		for _, w := range s.waysOf(c, 60) {
			p.play(w)
		}
		p.end()
		return
	}
	for _, w := range s.waysOf(c, 10) { // sessions are dear
		t.Run(w.name, func(t *testing.T) {
			p := s.newPeer(t, c)
			p.play(w)
			p.end()
		})
	}
}

// way is how a step's bytes are cut into writes.
type way struct {
	name string
	cut  func(b []byte) [][]byte
}

// waysOf cuts the steps of c everywhere if none is longer than small.
func (s *subject) waysOf(c *frameCase, small int) []way {
	ways := []way{
		{"in one write", func(b []byte) [][]byte { return [][]byte{b} }},
		{"byte by byte", dribble},
	}
	longest := 0
	for _, e := range c.steps {
		longest = max(longest, len(e.send))
	}
	switch {
	case c.ends.by == byClientAndOn || !s.every:
		return ways[:1]
	case longest > small:
		return ways
	}
	for n := 1; n < longest; n++ {
		ways = append(ways, way{fmt.Sprint("cut at ", n), func(b []byte) [][]byte {
			n := min(n, len(b))
			return [][]byte{b[:n], b[n:]}
		}})
	}
	return ways
}

// dribble cuts b into single bytes, but for the middle of what is large.
func dribble(b []byte) (writes [][]byte) {
	const edge = 400
	for i := 0; i < len(b); i++ {
		n := 1
		if i == edge && len(b) > 3*edge {
			n = len(b) - 2*edge
		}
		writes = append(writes, b[i:i+n])
		i += n - 1
	}
	return writes
}

// peer is the client of one session of a case.
type peer struct {
	*servertest.Client
	t       testing.TB
	subject *subject
	ends    ending
	steps   []exchange
	path    string
	sent    []string // messages that the backend is to have
	echoes  []string // of those what is to come back yet
	pongs   []string // payloads of pings that have no answer yet

	opcode  byte   // of the message that has begun; 0 when none has
	message string // of that
}

func (s *subject) newPeer(t testing.TB, c *frameCase) *peer {
	p := &peer{Client: servertest.NewClient(t, s.dial(t)), t: t, subject: s, ends: c.ends, steps: c.steps, path: s.newPath()}
	p.Upgrade("/ws" + p.path)
	return p
}

// play does the case's steps, and waits for what each brings, but for the one
// that ends the session.
func (p *peer) play(w way) {
	p.t.Helper()
	for i, e := range p.steps {
		p.expect(e)
		ends := p.ends.by != bySuite && i == len(p.steps)-1
		for _, b := range w.cut(e.send) {
			if err := p.TryWrite(b); err != nil && !ends {
				p.t.Fatalf("%s: writing: %v", w.name, err)
			}
		}
		for !ends && len(p.echoes)+len(p.pongs) > 0 {
			if err := p.next(); err != nil {
				p.t.Fatalf("%s: step %d: %v; want %d messages and %d pongs yet", w.name, i+1, err, len(p.echoes), len(p.pongs))
			}
		}
	}
}

func (p *peer) expect(e exchange) {
	p.sent = append(p.sent, e.messages...)
	p.pongs = append(p.pongs, e.pongs...)
	if p.subject.mode == textMode {
		p.echoes = append(p.echoes, e.messages...)
	} else if all := strings.Join(e.messages, ""); all != "" {
		p.echoes = append(p.echoes, all) // a stream of bytes has no borders
	}
}

// next reads a frame, which must be one that is due. A close frame is a
// CloseError.
func (p *peer) next() error {
	f, err := p.ReadFrame()
	switch {
	case err != nil:
		return err
	case f.Opcode == servertest.Close:
		return servertest.ParseClose(f.Payload)
	case f.Opcode == servertest.Pong:
		return p.takePong(string(f.Payload))
	case f.Opcode == servertest.Ping || (f.Opcode == servertest.Continuation) != (p.opcode != 0):
		return fmt.Errorf("%v, inside a message with opcode %d", f, p.opcode)
	case f.Opcode != servertest.Continuation:
		p.opcode, p.message = f.Opcode, ""
	}
	if p.message += string(f.Payload); f.Fin || p.subject.mode == binaryMode {
		return p.takeEcho(f)
	}
	return nil
}

func (p *peer) takePong(payload string) error {
	i := slices.Index(p.pongs, payload)
	if i < 0 || i > 0 && len(p.pongs) <= 16 {
		return fmt.Errorf("pong %s is due to none of the pings %.5q", short(payload), p.pongs)
	}
	p.pongs = p.pongs[i+1:]
	return nil
}

// takeEcho takes f, with which a message is whole, or bytes in binary mode.
func (p *peer) takeEcho(f servertest.ServerFrame) error {
	opcode := p.opcode
	p.opcode = 0
	switch {
	case len(p.echoes) == 0:
		return fmt.Errorf("%v, and nothing is due", f)
	case p.subject.mode == binaryMode:
		rest, ok := strings.CutPrefix(p.echoes[0], string(f.Payload))
		if !ok || opcode != servertest.Binary || !f.Fin {
			return fmt.Errorf("%v, want bytes of %s", f, short(p.echoes[0]))
		}
		if p.echoes[0] = rest; rest != "" {
			return nil
		}
	case opcode != servertest.Text || p.message != p.echoes[0]:
		return fmt.Errorf("opcode %d and %s, want the text %s", opcode, short(p.message), short(p.echoes[0]))
	}
	p.echoes = p.echoes[1:]
	return nil
}

// end sees to the end of the session, and then to what log and backend say.
func (p *peer) end() {
	p.t.Helper()
	switch p.ends.by {
	case bySuite:
		p.ends = closes(1000, "")
		p.SendClose(1000)
		p.wantClosed()
	case byClient, byClientAndOn, byServer:
		p.wantClosed()
	case byLoss:
		p.ends.code = 1006
		p.CloseWrite()
		for err := error(nil); err == nil; err = p.next() {
			if errors.As(err, new(servertest.CloseError)) {
				p.t.Errorf("%v, on a connection that the client has ended", err)
			}
		}
	}
	p.Conn.Close()
	p.wantEnded()
}

// wantClosed reads up to the close frame, which must be the one that is due, and
// to the end of the connection, which the server is the first to end
// (RFC 6455 7.1.1) once both have sent a close frame.
func (p *peer) wantClosed() {
	p.t.Helper()
	var err error
	for err == nil {
		err = p.next()
	}
	if err != (servertest.CloseError{Code: p.ends.code, Reason: p.ends.reason}) {
		p.t.Fatalf("%v; want a close frame %d %q", err, p.ends.code, p.ends.reason)
	}
	if p.ends.by == byServer {
		p.CloseWrite() // no close frame: most cases end inside a frame
	}
	p.WantEnd()
}

// wantEnded wants the log to say how the session has ended, and the backend to
// have got the whole messages and nothing else.
func (p *peer) wantEnded() {
	p.t.Helper()
	session := p.subject.log.Wait(p.t, "CONNECT", "path", "/ws"+p.path)["session"]
	end := p.subject.log.Wait(p.t, "DISCONNECT", "session", session)
	end.Want(p.t, "code", strconv.Itoa(p.ends.code), "messages_in", strconv.Itoa(len(p.sent)), "exit", "exit status 0")
	if p.ends.reason != "" {
		end.Want(p.t, "reason", p.ends.reason)
	}
	var want strings.Builder
	for _, m := range p.sent {
		if want.WriteString(m); p.subject.mode == textMode {
			want.WriteByte('\n')
		}
	}
	if got := servertest.Read(p.t, filepath.Join(p.subject.dir, p.path)); got != want.String() {
		p.t.Errorf("the backend got %s, want %s", short(got), short(want.String()))
	}
}
