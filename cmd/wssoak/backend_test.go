package main

import (
	"bufio"
	"bytes"
	"io"
	"os/exec"
	"testing"

	"wsd/server/servertest"
)

// backendTest is a soak's backend in plain pipes, for session 3.
type backendTest struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Reader
	got   stream
}

// startBackend starts the backend, which sends nothing unasked but its first message,
// and reads that.
func startBackend(t *testing.T) (b *backendTest, look func() record) {
	t.Helper()
	servertest.Tool(t, "perl")
	command, records, err := writeBackend(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { records.Close() })
	b = &backendTest{cmd: exec.Command(command[0], command[1:]...)}
	b.cmd.Env = []string{"QUERY_STRING=session=3&every=100000000&large=0"}
	stdin, err := b.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := b.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close() // maybe once more
		if err := b.cmd.Wait(); err != nil {
			t.Errorf("the backend ended with %v", err)
		}
	})
	b.in, b.lines = stdin, bufio.NewReader(stdout)
	if first := b.read(t); first.received != 0 || first.kind != typeMessage {
		t.Fatalf("the first message is %+v", first)
	}
	return b, func() record {
		t.Helper()
		r, err := readRecord(records, 3)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
}

// read reads one message, which must be the next one of session 3.
func (b *backendTest) read(t *testing.T) text {
	t.Helper()
	line, err := b.lines.ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	text, ok := arrive(bytes.TrimSuffix(line, []byte("\n")))
	b.got.take(text.number)
	if !ok || text.session != 3 || b.got.faults() != (faults{}) {
		t.Fatalf("got %q, which is %+v", line, text)
	}
	return text
}

// wantEnd wants nothing more, and returns when the backend has written its record for
// the last time.
func (b *backendTest) wantEnd(t *testing.T) {
	t.Helper()
	if more, err := b.lines.ReadByte(); err == nil {
		t.Errorf("something follows the last message, beginning with %q", more)
	}
}

func (b *backendTest) write(t *testing.T, text []byte) {
	t.Helper()
	if _, err := b.in.Write(append(text, '\n')); err != nil {
		t.Fatal(err)
	}
}

// TestBackend makes the backend count each kind of fault.
func TestBackend(t *testing.T) {
	b, look := startBackend(t)
	message := func(session, number int64, units int) []byte {
		return text{typeMessage, session, number, 1, units}.append(nil)
	}
	changed := message(3, 8, unitsSmall)
	changed[len(changed)-20] ^= 1
	for _, text := range [][]byte{
		message(3, 1, unitsSmall), message(3, 2, unitsLarge),
		message(3, 2, unitsSmall),                             // twice
		message(3, 4, unitsSmall), message(3, 3, unitsMedium), // the wrong way round
		message(3, 7, unitsSmall), // 5 and 6 are lost
		changed,
		message(4, 9, unitsSmall), // for another session
		{},                        // for nobody
		text{typeEnd, 3, 11, 1, unitsSmall}.append(nil),
	} {
		b.write(t, text)
	}
	last := b.read(t)
	for last.kind != typeFinal {
		last = b.read(t)
	}
	b.in.Close()
	b.wantEnd(t)
	want := record{
		pid: b.cmd.Process.Pid, begun: last.number, written: last.number, received: 11,
		faults: faults{lost: 2, duplicated: 1, reordered: 1, corrupted: 3}, ended: true,
	}
	if got := look(); got != want || last.received != 11 {
		t.Errorf("got %+v and %+v, want %+v", got, last, want)
	}
}

// TestBackendExits tells the backend to exit, which it must record.
func TestBackendExits(t *testing.T) {
	b, look := startBackend(t)
	b.write(t, text{typeExit, 3, 1, 1, unitsSmall}.append(nil))
	if last := b.read(t); last.kind != typeFinal || last.received != 1 {
		t.Errorf("got %+v, want the last message", last)
	}
	b.wantEnd(t)
	if r := look(); !r.ended || r.faults != (faults{}) {
		t.Errorf("got %+v, want a good end", r)
	}
}
