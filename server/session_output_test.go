package server

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"wsd/server/lazyio"
	"wsd/server/servertest"
	"wsd/server/websocket"
)

// A process may close stdout and go on reading: the session goes on with it.
func TestStdoutClosedEarly(t *testing.T) {
	t.Parallel()
	file, gate := recording(t), servertest.NewGate(t)
	s := serveToEnd(t, "print:last words", "close:stdout", gate.Step(), "read:"+file, "exit:3")
	frames, want := numbered(5_000, 100)
	c := s.client(t)
	c.Want("last words")
	gate.Reached()
	c.SendPing("still there")
	if f, err := c.ReadFrame(); err != nil || f.Opcode != servertest.Pong {
		t.Fatalf("%v, %v; want a pong", f, err)
	}
	gate.Open()
	c.Write(slices.Concat(frames, closeWith(1000, "")))
	c.WantCloseFrame(1000, "")
	c.WantEnd()
	s.log.Wait(t, "DISCONNECT").Want(t, "exit", "exit status 3", "messages_in", "5000")
	wantRecording(t, file, want)
}

// It ends with the process, not with the stream.
func TestExitAfterStdoutClosed(t *testing.T) {
	t.Parallel()
	s := serveToEnd(t, "close:stdout", "input:6", "exit:3")
	c := s.client(t)
	c.Send("hello")
	c.WantClose(1011, "exit status 3")
}

// EPIPE on stdin is not the end of a session: output and control frames go on.
func TestStdinClosed(t *testing.T) {
	t.Parallel()
	closed, last := servertest.NewGate(t), servertest.NewGate(t)
	s := serveToEnd(t, "close:stdin", closed.Step(), "lines:1000,50", last.Step(), "print:end")
	c := s.client(t)
	closed.Reached()
	c.Write(fillStdin())
	closed.Open()
	for i := range 1000 {
		c.Want(servertest.TestLine(i, 50))
	}
	last.Reached()
	c.Write(slices.Concat(fillStdin(), ping("p")))
	if f, err := c.ReadFrame(); err != nil || f.Opcode != servertest.Pong {
		t.Fatalf("%v, %v; want a pong", f, err)
	}
	last.Open()
	c.Want("end")
	c.WantClose(1000, "")
	s.log.Wait(t, "DISCONNECT").Want(t, "exit", "exit status 0")
}

// The same while the server is blocked in a write.
func TestStdinClosedDuringWrite(t *testing.T) {
	t.Parallel()
	full, after := servertest.NewGate(t), servertest.NewGate(t)
	s := serveSteps(t, full.Step(), "input:1000", "close:stdin", "print:closed", after.Step(), "print:end")
	c := s.client(t)
	full.Reached()
	c.Write(slices.Concat(fillStdin(), ping("behind")))
	full.Open()
	c.Want("closed")
	after.Reached()
	for c.Pongs == 0 {
		f, err := c.ReadFrame()
		if err != nil || f.Opcode != servertest.Pong {
			t.Fatalf("%v, %v; want a pong", f, err)
		}
		c.Pongs++
	}
	after.Open()
	c.Want("end")
	c.WantClose(1000, "")
}

// A grandchild may outlive the leader and go on writing; the leader's exit
// status is the session's all the same.
func TestGrandchildGoesOnWriting(t *testing.T) {
	t.Parallel()
	leader, child := servertest.NewGate(t), servertest.NewGate(t)
	grandchild := "start:" + child.Step() + ";print:from the grandchild;lines:3000,100;write:656e64"
	s := serveToEnd(t, leader.Hold(), grandchild, "print:from the leader", "exit:7")
	c := s.client(t)
	c.Want("from the leader")
	leader.Reached()
	leader.Abandoned()
	child.Reached()
	child.Open()
	c.Want("from the grandchild")
	for i := range 3000 {
		c.Want(servertest.TestLine(i, 100))
	}
	c.Want("end")
	c.WantClose(1011, "exit status 7")
}

// What is said must be seen at once, and half a line not before its end.
func TestPartialLineWaits(t *testing.T) {
	t.Parallel()
	half, rest := servertest.NewGate(t), servertest.NewGate(t)
	s := serveSteps(t, "write:"+hex.EncodeToString([]byte("whole\nhal")), half.Step(), "write:660a", rest.Step())
	c := s.client(t)
	half.Reached()
	c.Want("whole")
	c.SendPing("")
	if f, err := c.ReadFrame(); err != nil || f.Opcode != servertest.Pong {
		t.Fatalf("%v, %v; want a pong", f, err)
	}
	half.Open()
	rest.Reached()
	c.Want("half")
	rest.Open()
	c.WantClose(1000, "")
}

// The lines of a stream, as a backend writes them in one piece.
func TestOutputLines(t *testing.T) {
	t.Parallel()
	for stream, want := range map[string][]string{
		"":                    nil,
		"a":                   {"a"},
		"a\n":                 {"a"},
		"a\nb":                {"a", "b"},
		"\n":                  {""},
		"\n\n\n":              {"", "", ""},
		"a\n\nb\n":            {"a", "", "b"},
		"a\r\nb\r\n":          {"a", "b"},
		"\r\n\r\n":            {"", ""},
		"a\r\r\n":             {"a\r"},
		"a\rb\n":              {"a\rb"},
		"a\r":                 {"a\r"},
		"é€😀\né€😀":            {"é€😀", "é€😀"},
		"nul \x00 esc \x1b\n": {"nul \x00 esc \x1b"},
	} {
		t.Run(fmt.Sprintf("%q", stream), func(t *testing.T) {
			s := serveSteps(t, "write:"+hex.EncodeToString([]byte(stream)))
			got, err := s.client(t).ReadAll()
			if err != (servertest.CloseError{Code: 1000, Reason: ""}) || !slices.Equal(got, want) {
				t.Errorf("%q, %v; want %q", got, err, want)
			}
		})
	}
}

// fragmentsOf is how a line of this many bytes leaves: a frame for each time
// that the buffer is full without a newline, and one for the rest.
func fragmentsOf(size int) (frames []string) {
	op := servertest.Text
	for ; size >= lazyio.BufferSize; size -= lazyio.BufferSize {
		frames = append(frames, fmt.Sprintf("fin false, opcode %d, %d bytes", op, lazyio.BufferSize))
		op = servertest.Continuation
	}
	return append(frames, fmt.Sprintf("fin true, opcode %d, %d bytes", op, size))
}

// A line longer than the buffer leaves as fragments of one message.
func TestLongLineInFragments(t *testing.T) {
	t.Parallel()
	const pattern = "0123456789abcdef"
	for _, size := range []int{lazyio.BufferSize - 1, lazyio.BufferSize, lazyio.BufferSize + 1, 2*lazyio.BufferSize - 1, 2 * lazyio.BufferSize, 200_000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			s := serveSteps(t, fmt.Sprint("long:", size), "write:0a", "print:next")
			c := s.client(t)
			var got []string
			var line []byte
			for fin := false; !fin; {
				f, err := c.ReadFrame()
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, fmt.Sprintf("fin %v, opcode %d, %d bytes", f.Fin, f.Opcode, len(f.Payload)))
				line, fin = append(line, f.Payload...), f.Fin
			}
			if want := fragmentsOf(size); !slices.Equal(got, want) {
				t.Errorf("frames %q, want %q", got, want)
			}
			if want := strings.Repeat(pattern, size/16+1)[:size]; string(line) != want {
				t.Errorf("the line is %s, want %s", short(string(line)), short(want))
			}
			c.Want("next")
			c.WantClose(1000, "")
			s.log.Wait(t, "DISCONNECT").Want(t, "messages_out", "2", "bytes_out", fmt.Sprint(size+4))
		})
	}
}

// memory samples what the Go heap has taken from the system, and how much of it
// is in use.
type memory struct{ sys, heap uint64 }

func measure() memory {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return memory{sys: m.Sys, heap: m.HeapAlloc}
}

// freshMemory is measure after a collection.
func freshMemory() memory {
	runtime.GC()
	return measure()
}

// wantBounded checks that memory has grown by a few buffers at most. Garbage that has
// not been collected counts, hence the slack.
func wantBounded(t *testing.T, before, now memory) {
	t.Helper()
	const slack = 24 << 20
	if now.heap > before.heap+slack || now.sys > before.sys+slack {
		t.Fatalf("memory has grown from %+v to %+v", before, now)
	}
}

// There is no limit on a line's length, and its length costs no memory.
func TestHugeLine(t *testing.T) {
	const size = 200 << 20
	s := serveSteps(t, fmt.Sprint("long:", size), "write:0a")
	c := s.client(t)
	before := freshMemory()
	total := 0
	for n, fin := 0, false; !fin; n++ {
		f, err := c.ReadFrame()
		if err != nil {
			t.Fatal(err)
		}
		if n%100 == 0 {
			wantBounded(t, before, measure())
		}
		total, fin = total+len(f.Payload), f.Fin
	}
	if total != size {
		t.Errorf("%d of %d bytes have come", total, size)
	}
	c.WantClose(1000, "")
}

// Nor does a client that reads slowly: the backend is what waits.
func TestSlowClientCostsNoMemory(t *testing.T) {
	gate := servertest.NewGate(t)
	s := serveSteps(t, "lines:2000000,100", gate.Step())
	c := s.client(t)
	before := freshMemory()
	for i := range 10_000 {
		c.Want(servertest.TestLine(i, 100))
	}
	wantBounded(t, before, measure())
	c.Conn.Close()
	s.log.Wait(t, "DISCONNECT")
}

// At each place of the buffer's end, characters stay whole and faults become
// the same U+FFFD as anywhere else.
func TestCharactersAtBufferEnd(t *testing.T) {
	t.Parallel()
	var steps []string
	var lines []string
	for _, cut := range []string{"é", "€", "😀", "\xe2\x82", "\xf0\x9f\x98", "\xff", "\xf0\x80\x80\x80", "\r", "\r\r"} {
		for before := lazyio.BufferSize - 5; before <= lazyio.BufferSize+1; before++ {
			steps = append(steps, fmt.Sprintf("times:%d,78", before), fmt.Sprintf("write:%x790d0a", cut+cut))
			lines = append(lines, string(websocket.AppendRepaired(nil, []byte(strings.Repeat("x", before)+cut+cut+"y"))))
		}
	}
	s := serveSteps(t, steps...)
	c := s.client(t)
	var line []byte
	for _, want := range lines {
		for line = nil; ; {
			f, err := c.ReadFrame()
			if err != nil {
				t.Fatal(err)
			}
			if !utf8.Valid(f.Payload) {
				t.Errorf("%v is not UTF-8", f)
			}
			if line = append(line, f.Payload...); f.Fin {
				break
			}
		}
		if string(line) != want {
			t.Errorf("the line is %d bytes, …%q; want %d bytes, …%q", len(line), line[max(0, len(line)-20):], len(want), want[len(want)-20:])
		}
	}
	c.WantClose(1000, "")
}

// Bad bytes of the backend become U+FFFD, and one warning a session names the way out.
func TestOutputNotUTF8(t *testing.T) {
	t.Parallel()
	gate := servertest.NewGate(t)
	s := serveSteps(t, "write:61ff620a", gate.Step(), "write:e2820a", "write:c0af0a", "print:good", "long:70000", "write:f09f98")
	for session := 1; session <= 2; session++ {
		c := s.client(t)
		c.Want("a\ufffdb")
		gate.Reached()
		gate.Open()
		c.Want("\ufffd")
		c.Want("\ufffd\ufffd")
		c.Want("good")
		_, last, err := c.ReadMessage()
		if err != nil || !bytes.HasSuffix(last, []byte("f\ufffd")) || len(last) != 70_003 {
			t.Errorf("%s, %v", short(string(last)), err)
		}
		c.WantClose(1000, "")
		s.log.WaitN(t, session, "DISCONNECT")
		got := s.log.All("", "level", "WARN")
		if len(got) != session || !strings.Contains(got[session-1]["msg"], "{Binary}") {
			t.Errorf("after session %d: %v", session, got)
		}
	}
}

func TestOutputUTF8WarnsNot(t *testing.T) {
	t.Parallel()
	s := serveSteps(t, "print:é€😀\ufffd", fmt.Sprintf("times:60000,%x", "€"))
	c := s.client(t)
	rest, err := c.ReadAll()
	c.CloseWrite()
	if err != (servertest.CloseError{Code: 1000, Reason: ""}) || len(rest) != 2 || rest[1] != strings.Repeat("€", 60_000) {
		t.Errorf("%d messages, %v", len(rest), err)
	}
	s.log.Wait(t, "DISCONNECT")
	if got := s.log.All("", "level", "WARN"); got != nil {
		t.Error(got)
	}
}

// A backend that is gone before its client has read anything loses nothing.
func TestOutputBeforeExit(t *testing.T) {
	t.Parallel()
	gate := servertest.NewGate(t)
	s := serveToEnd(t, gate.Hold(), "lines:500,100", "exit:4")
	c := s.client(t)
	gate.Reached()
	gate.Abandoned()
	for i := range 500 {
		c.Want(servertest.TestLine(i, 100))
	}
	c.WantCloseFrame(1011, "exit status 4")
	c.CloseWrite()
	if rest, err := io.ReadAll(c.In); err != nil || len(rest) > 0 {
		t.Errorf("%q, %v", rest, err)
	}
}
