package session

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"wsd/server/lazyio"
	"wsd/server/servertest"
	"wsd/server/websocket"
)

// pump is sendLines for a test: it feeds stream to a framer in slices of these
// sizes, turn about, by way of a window as small as the given size, and returns
// the frames. Those that are sent at once fit into a frameBuffer.
func pump(stream []byte, window int, slices []int, wrap tag) (frames []byte, f *framer) {
	f = &framer{tag: wrap}
	var in []byte
	searched := 0
	for i := 0; ; i++ {
		n := min(slices[i%len(slices)], window-len(in), len(stream))
		end := n == 0
		in = append(in, stream[:n]...)
		stream = stream[n:]
		for full := true; full; searched = 0 {
			f.frames = nil
			var used int
			used, full = f.addLines(in, searched)
			in = in[used:]
			if len(in) == window {
				in = in[f.addFragment(in):]
			}
			if end && !full {
				used, full = f.addLast(in)
				in = in[used:]
			}
			if len(f.frames) > len(frameBuffer{}) {
				panic(fmt.Sprintf("%d bytes of frames at once", len(f.frames)))
			}
			frames = append(frames, f.frames...)
		}
		if end {
			return frames, f
		}
		searched = len(in)
	}
}

// framesOf reads frames as a strict client does.
func framesOf(t testing.TB, frames []byte) (list []servertest.ServerFrame) {
	t.Helper()
	for in := bytes.NewReader(frames); in.Len() > 0; {
		f, err := servertest.ReadFrame(in)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, f)
	}
	return list
}

// messagesOf puts the messages of frames together.
func messagesOf(t testing.TB, frames []byte) (messages []string) {
	t.Helper()
	var message []byte
	open := false
	for _, f := range framesOf(t, frames) {
		if want := byte(websocket.OpText); open && f.Opcode != websocket.OpContinuation || !open && f.Opcode != want {
			t.Fatalf("opcode %d, inside a message: %v", f.Opcode, open)
		}
		message = append(message, f.Payload...)
		if open = !f.Fin; !open {
			if !utf8.Valid(message) {
				t.Fatalf("%q is not UTF-8", message)
			}
			messages = append(messages, string(message))
			message = message[:0]
		}
	}
	if open {
		t.Fatal("the last message has no end")
	}
	return messages
}

// linesOf is what the messages of a stream are, the slow and obvious way.
func linesOf(stream []byte) (messages []string) {
	lines := strings.Split(string(stream), "\n")
	for i, line := range lines {
		if i < len(lines)-1 {
			line = strings.TrimSuffix(line, "\r")
		} else if line == "" {
			break // the stream ended with a newline
		}
		messages = append(messages, string(websocket.AppendRepaired(nil, []byte(line))))
	}
	return messages
}

func checkPump(t *testing.T, stream []byte, window int, slices ...int) {
	t.Helper()
	frames, f := pump(stream, window, slices, "")
	got := messagesOf(t, frames)
	want := linesOf(stream)
	if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
		t.Fatalf("%q in slices %v, window %d:\n got %q\nwant %q", stream, slices, window, got, want)
	}
	size := 0
	for _, m := range want {
		size += len(m)
	}
	if f.count.Messages != uint64(len(want)) || f.count.Bytes != uint64(size) {
		t.Errorf("%q: counted %d messages, %d bytes; want %d, %d", stream, f.count.Messages, f.count.Bytes, len(want), size)
	}
	if f.repaired == utf8.Valid(stream) {
		t.Errorf("%q: repaired is %v", stream, f.repaired)
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	for _, stream := range []string{
		"",
		"\n",
		"\n\n\n",
		"a\n",
		"a",
		"a\nb",
		"a\r\nb\r\n",
		"a\r\r\n",
		"\r\n",
		"\r",
		"a\r",
		"a\rb\n",
		"12345678\r\n",
		"1234567\r\n8\r\n",
		"1234567\r8\n",
		"12345678\r",
		"a long line without an end",
		"a long line\nand another\r\nand a last",
		"é€😀é€😀é€😀\n",
		"\xff\n",
		"ok\n\xe2\x82\nok\n",
		"\xf0\x9f\x98",
		"123456\xf0\x9f\x98\x80\n",
		"1234567\xf0\x9f\n",
		"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\n",
		strings.Repeat("x", 125) + "\n" + strings.Repeat("y", 126) + "\n" + strings.Repeat("z", 65536),
	} {
		for _, window := range []int{8, 11, 64, lazyio.BufferSize} {
			for _, slice := range []int{1, 2, 3, 7, 64, lazyio.BufferSize} {
				checkPump(t, []byte(stream), window, slice)
			}
		}
	}
}

// What grows when it is sent leaves in several writes: control characters become
// six bytes in JSON, an empty line a whole object, and a bad byte three.
func TestLinesThatGrow(t *testing.T) {
	t.Parallel()
	for _, wrap := range []tag{"", tagOf("stdout")} {
		for _, line := range []string{
			"", "\x01", strings.Repeat("\x01", 10_000), strings.Repeat("\x01é\"", 50_000), strings.Repeat("\xff", 1000),
			strings.Repeat("\xffx\r", 100_000), strings.Repeat("€", 60_000),
		} {
			stream := []byte(strings.Repeat(line+"\r\n", 1+lazyio.BufferSize/(len(line)+2)) + line)
			frames, _ := pump(stream, lazyio.BufferSize, []int{lazyio.BufferSize}, wrap)
			got, want := messagesOf(t, frames), linesOf(stream)
			if len(got) != len(want) {
				t.Fatalf("%d messages, want %d", len(got), len(want))
			}
			for i := range got {
				if wrap != "" {
					var message struct{ Stream, Data string }
					if err := json.Unmarshal([]byte(got[i]), &message); err != nil || message.Stream != "stdout" {
						t.Fatalf("%.100q: %v", got[i], err)
					}
					got[i] = message.Data
				}
				if got[i] != want[i] {
					t.Fatalf("%.100q, want %.100q", got[i], want[i])
				}
			}
		}
	}
}

// Only a line that does not fit as a whole leaves in fragments: while a message is
// unfinished, stderr's have to wait.
func TestShortLinesStayWhole(t *testing.T) {
	t.Parallel()
	stream := []byte(strings.Repeat(strings.Repeat("\x01", 300)+"\n", 2000))
	frames, _ := pump(stream, lazyio.BufferSize, []int{lazyio.BufferSize}, tagOf("stdout"))
	for i, f := range framesOf(t, frames) {
		if !f.Fin {
			t.Fatalf("frame %d is a fragment of %d bytes", i, len(f.Payload))
		}
	}
}

// A line of any length, cut at any place: all its characters are whole.
func TestLinesCutEverywhere(t *testing.T) {
	t.Parallel()
	line := []byte(strings.Repeat("aé€😀\r", 5) + "\r\n😀")
	for window := 8; window < len(line)+2; window++ {
		for slice := 1; slice <= window; slice++ {
			checkPump(t, line, window, slice)
		}
	}
}

// Every frame of a fragmented message is UTF-8 by itself, and only the first
// has an opcode and only the last a FIN bit; a client need not be that strict, but
// it shows that nothing is cut.
func TestFragments(t *testing.T) {
	t.Parallel()
	stream := []byte(strings.Repeat("€", 40) + "\r\nnext\n")
	frames, _ := pump(stream, 16, []int{16}, "")
	var got []string
	for _, f := range framesOf(t, frames) {
		if !utf8.Valid(f.Payload) {
			t.Errorf("%v is not UTF-8", f)
		}
		got = append(got, fmt.Sprint(f.Fin, f.Opcode))
	}
	if got[0] != "false 1" || got[len(got)-2] != "true 0" || got[len(got)-1] != "true 1" {
		t.Errorf("frames %v", got)
	}
	for _, g := range got[1 : len(got)-2] {
		if g != "false 0" {
			t.Errorf("frames %v", got)
		}
	}
}

func FuzzLines(f *testing.F) {
	for _, s := range []string{"", "a\r\nb\n\nc", "é€😀\n\xff\xfe\n\xe2\x82", "\r\r\r\r\r\r\r\r\r\n\r"} {
		f.Add([]byte(s), uint8(8), uint8(3), uint8(1))
		f.Add([]byte(s), uint8(16), uint8(255), uint8(255))
	}
	f.Fuzz(func(t *testing.T, stream []byte, window, first, second uint8) {
		checkPump(t, stream, max(8, int(window)), max(1, int(first)), max(1, int(second)))
	})
}

// The hot path allocates nothing.
func TestLinesAllocateNothing(t *testing.T) {
	in := []byte(strings.Repeat("a line of some length é\r\n\n", 1000))
	f := &framer{frames: make([]byte, 0, 2*len(in))}
	allocs := testing.AllocsPerRun(100, func() {
		f.frames = f.frames[:0]
		if used, _ := f.addLines(in, 0); used != len(in) {
			t.Fatal("not all was used")
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations for 2000 lines", allocs)
	}
}
