package server

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"wsd/exec"
	"wsd/server/lazyio"
	"wsd/server/servertest"
	"wsd/server/websocket"
)

// tagged is a message under --passstderr.
type tagged struct{ Stream, Data string }

// readTagged reads a message, which must be a JSON object with these two members
// and no other.
func readTagged(t *testing.T, c *servertest.Client) tagged {
	t.Helper()
	op, message, err := c.ReadMessage()
	if err != nil {
		t.Fatalf("reading a tagged message: %v", err)
	}
	d := json.NewDecoder(strings.NewReader(string(message)))
	d.DisallowUnknownFields()
	var it tagged
	if err := d.Decode(&it); err != nil || op != servertest.Text || d.More() {
		t.Fatalf("opcode %d, %s: %v", op, short(string(message)), err)
	}
	return it
}

func wantTagged(t *testing.T, c *servertest.Client, stream, data string) {
	t.Helper()
	if got := readTagged(t, c); got != (tagged{stream, data}) {
		t.Fatalf("got %s: %s; want %s: %s", got.Stream, short(got.Data), stream, short(data))
	}
}

// allBytes are all bytes but the newline, a "\r" not at the end.
func allBytes() string {
	var b []byte
	for c := range 256 {
		if c != '\n' {
			b = append(b, byte(c))
		}
	}
	return string(b)
}

// Whatever bytes a backend writes, both streams are JSON, and browsers read
// the text that they would read without it.
func TestPassStderrAllBytes(t *testing.T) {
	t.Parallel()
	line := allBytes() + "é€😀\u2028</script>"
	want := string(websocket.AppendRepaired(nil, []byte(line)))
	gate := servertest.NewGate(t)
	s := serve(t, Config{
		Command:    servertest.Play(fmt.Sprintf("write:%x0a", line), gate.Step(), fmt.Sprintf("errwrite:%x0d0a", line), gate.Step(), "write:0a", "errwrite:0a"),
		PassStderr: true,
	})
	c := s.client(t)
	wantTagged(t, c, "stdout", want)
	gate.Reached()
	gate.Open()
	wantTagged(t, c, "stderr", want)
	gate.Reached()
	gate.Open()
	first := readTagged(t, c)
	if second := readTagged(t, c); first.Data+second.Data != "" || first.Stream == second.Stream {
		t.Errorf("%v, %v; want an empty line of each stream", first, second)
	}
	c.WantClose(1000, "")
}

// Each byte is right wherever a long line is cut.
func TestPassStderrBytesAtBufferEnd(t *testing.T) {
	t.Parallel()
	var steps []string
	var lines []string
	for _, cut := range []string{"\\", "\"", "\x00", "\t", "€", "😀", "\xe2\x82", "\r"} {
		for before := lazyio.BufferSize - 4; before <= lazyio.BufferSize; before++ {
			steps = append(steps, fmt.Sprintf("times:%d,78", before), fmt.Sprintf("write:%x0a", cut))
			lines = append(lines, strings.Repeat("x", before)+strings.TrimSuffix(cut, "\r"))
		}
	}
	s := serve(t, Config{Command: servertest.Play(steps...), PassStderr: true})
	c := s.client(t)
	for _, line := range lines {
		wantTagged(t, c, "stdout", string(websocket.AppendRepaired(nil, []byte(line))))
	}
	c.WantClose(1000, "")
}

// Both streams keep their order, however they are mixed.
func TestPassStderrOrder(t *testing.T) {
	t.Parallel()
	const count = 3000
	s := serve(t, Config{
		Command:    servertest.Play(fmt.Sprint("start:errlines:", count, ",80"), fmt.Sprint("lines:", count, ",120")),
		PassStderr: true,
	})
	c := s.client(t)
	seen := map[string]int{}
	for range 2 * count {
		got := readTagged(t, c)
		want := servertest.TestLine(seen[got.Stream], map[string]int{"stdout": 120, "stderr": 80}[got.Stream])
		if got.Data != want {
			t.Fatalf("line %d of %s is %s", seen[got.Stream], got.Stream, short(got.Data))
		}
		seen[got.Stream]++
	}
	if seen["stdout"] != count || seen["stderr"] != count {
		t.Errorf("%v", seen)
	}
	c.WantClose(1000, "")
	if got := len(s.log.All("stderr")); got != count {
		t.Errorf("%d lines of stderr in the log, want %d", got, count)
	}
}

// What stderr says in the middle of a long line of stdout follows that line:
// nothing may come between fragments (RFC 6455 5.4).
func TestPassStderrDuringLongLine(t *testing.T) {
	t.Parallel()
	gate := servertest.NewGate(t)
	s := serve(t, Config{
		Command:    servertest.Play("long:200000", "err:mean", "err:while", gate.Step(), "long:100000", "print:", "print:next", "err:last"),
		PassStderr: true,
	})
	c := s.client(t)
	gate.Reached()
	s.log.WaitN(t, 2, "stderr")
	c.SendPing("")
	nextPong(t, c) // fragments of the line come before it
	gate.Open()
	for {
		f, err := c.ReadFrame()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(f.Payload), "stderr") {
			t.Fatalf("%v, before the end of the line", f)
		}
		if f.Fin {
			break
		}
	}
	got := map[string]string{}
	for range 4 {
		m := readTagged(t, c)
		got[m.Stream] += m.Data + " "
	}
	if got["stdout"] != "next " || got["stderr"] != "mean while last " {
		t.Errorf("%q", got)
	}
	c.WantClose(1000, "")
}

// A backend that fills stderr in the middle of a line must not block for ever;
// what can't be held is lost to the client, which the log says once, and not to
// the log.
func TestPassStderrFloodDuringLongLine(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{
		Command:    servertest.Play("long:200000", "errlines:5000,60", "print:", "print:next"),
		PassStderr: true,
	})
	c := s.client(t)
	if got := readTagged(t, c); got.Stream != "stdout" || len(got.Data) != 200_000 {
		t.Fatalf("%s of %d bytes", got.Stream, len(got.Data))
	}
	lines, next := 0, false
	for {
		_, message, err := c.ReadMessage()
		if err != nil {
			if err != (servertest.CloseError{Code: 1000, Reason: ""}) {
				t.Error(err)
			}
			break
		}
		var got tagged
		if err := json.Unmarshal(message, &got); err != nil {
			t.Fatal(err)
		}
		if got.Stream == "stdout" {
			next = next || got.Data == "next"
		} else if lines++; got.Data != servertest.TestLine(lines-1, 60) && lines < 1_000 {
			t.Fatalf("line %d of stderr is %q", lines-1, got.Data)
		}
	}
	if !next || lines < 1_000 || lines >= 5_000 {
		t.Errorf("%d lines of stderr have come; the next line of stdout: %v", lines, next)
	}
	c.SendClose(1000)
	s.log.Wait(t, "DISCONNECT")
	if got := s.log.All("", "level", "WARN"); len(got) != 1 || !strings.Contains(got[0]["msg"], "stderr") {
		t.Errorf("warnings: %v", got)
	}
	if got := len(s.log.All("stderr")); got != 5_000 {
		t.Errorf("%d lines of stderr in the log, want 5000", got)
	}
}

// A line of stderr that the buffer can't hold comes in pieces, each a message:
// the backend never blocks on it, and memory stays bounded.
func TestPassStderrLongLineOfStderr(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Command: servertest.Play("errlong:300000", "print:after"), PassStderr: true})
	c := s.client(t)
	var text strings.Builder
	after := false
	for text.Len() < 300_000 || !after {
		if got := readTagged(t, c); got.Stream == "stdout" {
			after = got.Data == "after"
		} else {
			text.WriteString(got.Data)
		}
	}
	if want := strings.Repeat("0123456789abcdef", 300_000/16); text.String() != want {
		t.Errorf("%s", short(text.String()))
	}
	c.WantClose(1000, "")
}

// readChunks reads binary messages until there are n bytes.
func readChunks(t *testing.T, c *servertest.Client, n int) string {
	t.Helper()
	var all []byte
	for len(all) < n {
		op, chunk, err := c.ReadMessage()
		if err != nil {
			t.Fatalf("after %d of %d bytes: %v", len(all), n, err)
		}
		if op != servertest.Binary || len(chunk) == 0 {
			t.Fatalf("a message with opcode %d and %d bytes", op, len(chunk))
		}
		all = append(all, chunk...)
	}
	return string(all)
}

// Under --binary bytes pass as they are, both ways.
func TestBinaryEcho(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{CloseDelay: servertest.Patience, Command: servertest.Play("echo"), Binary: true})
	c := s.client(t)
	for _, m := range []string{"a", "\n", "\r\n", allBytes() + "\n", strings.Repeat(allBytes(), 2_000)} {
		c.Write(binFrame(m))
		if got := readChunks(t, c, len(m)); got != m {
			t.Errorf("got %s, want %s", short(got), short(m))
		}
	}
	c.Write(slices.Concat(servertest.Frame(servertest.Binary, "\xffa"), ping(""),
		more(""), final("b\xfe")))
	if got := readChunks(t, c, 4); got != "\xffab\xfe" {
		t.Errorf("got %q", got)
	}
	c.Leave()
	s.log.Wait(t, "DISCONNECT").Want(t, "messages_in", "6", "exit", "exit status 0")
}

// Text is taken, too, as bytes without a newline; it still has to be UTF-8.
func TestBinaryTakesText(t *testing.T) {
	t.Parallel()
	file := recording(t)
	s := serve(t, Config{CloseDelay: servertest.Patience, Command: servertest.Play("read:" + file), Binary: true})
	c := s.client(t)
	c.Write(slices.Concat(textFrame("é"), binFrame(""), textFrame(""), binFrame("\xff"),
		fragment("\xe2"), final("\x82\xac"),
		fragment("ok"), final("\xff")))
	c.WantClose(1007, "")
	s.log.Wait(t, "DISCONNECT").Want(t, "messages_in", "5", "bytes_in", "6")
	wantRecording(t, file, "é\xff€")
}

// Each read of stdout is one message, and leaves at once.
func TestBinaryChunks(t *testing.T) {
	first, second := servertest.NewGate(t), servertest.NewGate(t)
	s := serve(t, Config{CloseDelay: servertest.Patience, Command: servertest.Play("write:610a62", first.Step(), "write:ff", second.Step(), "long:20000000", "exit:5"), Binary: true})
	c := s.client(t)
	first.Reached()
	c.WantMessage(servertest.Binary, "a\nb")
	first.Open()
	second.Reached()
	c.WantMessage(servertest.Binary, "\xff")
	second.Open()
	before := freshMemory()
	for total := 0; total < 20_000_000; {
		_, chunk, err := c.ReadMessage()
		if err != nil || len(chunk) > lazyio.BufferSize {
			t.Fatalf("%d bytes, %v", len(chunk), err)
		}
		total += len(chunk)
	}
	wantBounded(t, before, measure())
	c.WantClose(1011, "exit status 5")
	s.log.Wait(t, "DISCONNECT").Want(t, "bytes_out", "20000004")
}

// serveTerminal serves a backend on a terminal.
func serveTerminal(t *testing.T, steps ...string) *testServer {
	t.Helper()
	if !exec.PTYSupported {
		t.Skip("there are no terminals on this platform")
	}
	return serve(t, Config{Command: servertest.Play(steps...), PTY: true})
}

// A terminal neither echoes nor changes what passes it.
func TestTerminalEcho(t *testing.T) {
	t.Parallel()
	s := serveTerminal(t, "print:up", "echo")
	c := s.client(t)
	c.Want("up")
	c.WantEcho("hello", "", "é€😀", "\ttab", "keys \x01\x03\x04\x11\x13\x15\x16\x17\x1a\x1c\x7f end", "a\rb", strings.Repeat("x", 4_095), strings.Repeat("x", 4_096), strings.Repeat("0123456789", 10_000))
	c.Leave()
	s.log.Wait(t, "DISCONNECT").Want(t, "exit", "exit status 0", "messages_in", "9", "messages_out", "10")
}

// A backend on a terminal gets its EOF after all that the client sent.
func TestTerminalEOF(t *testing.T) {
	t.Parallel()
	for _, leave := range []string{"close frame", "FIN"} {
		t.Run(leave, func(t *testing.T) {
			file := recording(t)
			s := serveTerminal(t, "print:up", "read:"+file)
			c := s.client(t)
			c.Want("up")
			frames, want := numbered(1_000, 100)
			line := strings.Repeat("0123456789", 10_000)
			c.Write(slices.Concat(frames, textFrame(line)))
			if leave == "FIN" {
				c.Conn.Close()
			} else {
				c.Leave()
			}
			s.log.Wait(t, "DISCONNECT").Want(t, "exit", "exit status 0")
			wantRecording(t, file, want+line+"\n")
		})
	}
}

// Its end is what it would be on a pipe, and stderr is one.
func TestTerminalOutput(t *testing.T) {
	t.Parallel()
	s := serveTerminal(t, "err:on stderr", "lines:2000,100", "long:100000", "write:0a6c617374", "exit:6")
	c := s.client(t)
	for i := range 2000 {
		c.Want(servertest.TestLine(i, 100))
	}
	_, long, err := c.ReadMessage()
	if err != nil || len(long) != 100_000 {
		t.Fatalf("a line of %d bytes, %v", len(long), err)
	}
	c.Want("last")
	c.WantClose(1011, "exit status 6")
	end := s.log.Wait(t, "DISCONNECT")
	end.Want(t, "exit", "exit status 6", "messages_out", "2002")
	if got := s.log.All("stderr"); len(got) != 1 || got[0]["line"] != "on stderr" {
		t.Errorf("stderr: %v", got)
	}
}

// Where there are no terminals, --pty is refused at the start.
func TestTerminalRefused(t *testing.T) {
	t.Parallel()
	if exec.PTYSupported {
		t.Skip("there are terminals on this platform")
	}
	if _, err := New(Config{Command: []string{os.Args[0]}, PTY: true}); err == nil {
		t.Error("New takes --pty")
	}
}
