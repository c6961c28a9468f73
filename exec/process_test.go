package exec

import (
	"bytes"
	"io"
	"testing"

	"wsd/exec/exectest"
)

// play is the command that makes this test binary play a backend. Built with
// -race, it would wait a second before it exits, unless told not to.
func play(name string, args ...string) *Command {
	words := exectest.Backend(name, args...)
	return &Command{Path: words[0], Args: words[1:], Env: []string{"GORACE=atexit_sleep_ms=0"}}
}

// start starts c. Whatever is left of the process is gone when the test ends.
func start(t testing.TB, c *Command) *Process {
	t.Helper()
	p, err := c.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Kill()
		p.mu.Lock()
		reaped := p.reaped
		p.mu.Unlock()
		if !reaped {
			p.Wait()
		}
		p.Release()
	})
	return p
}

// ended is all that a process has left behind.
type ended struct {
	stdout, stderr []byte
	err            error // of reading stdout; nil for EOF
	status         Status
}

// drain reads p's streams to their ends, side by side, and waits for p.
func drain(p *Process) ended {
	var e ended
	errRead := make(chan struct{})
	go func() { // ends with stderr; waited for below
		defer close(errRead)
		e.stderr, _ = io.ReadAll(p.Stderr)
	}()
	e.stdout, e.err = io.ReadAll(p.Stdout)
	if IsEOF(e.err) {
		e.err = nil
	}
	<-errRead
	e.status = p.Wait()
	return e
}

// run starts c, writes input while it reads, gives an EOF, and returns what came.
func run(t testing.TB, c *Command, input []byte) ended {
	t.Helper()
	p := start(t, c)
	fed := make(chan error, 1)
	go func() { // ends when the process has taken the input or ended
		_, err := p.Stdin.Write(input)
		p.Stdin.Close(0)
		fed <- err
	}()
	e := drain(p)
	if err := <-fed; err != nil && e.status.OK() {
		t.Errorf("writing to stdin: %v", err)
	}
	if e.err != nil {
		t.Errorf("reading stdout: %v", e.err)
	}
	return e
}

// expect reads len(want) bytes from r and compares.
func expect(t testing.TB, r io.Reader, want string) {
	t.Helper()
	got := make([]byte, len(want))
	n, err := io.ReadFull(r, got)
	if string(got[:n]) != want || err != nil {
		t.Fatalf("read %q, %v; want %q", got[:n], err, want)
	}
}

func TestEcho(t *testing.T) {
	t.Parallel()
	for name, input := range map[string][]byte{
		"nothing":          {},
		"a line":           []byte("hello\n"),
		"an unended line":  []byte("hello"),
		"every byte":       everyByte(),
		"more than a pipe": bytes.Repeat([]byte("0123456789abcdef"), 20_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := run(t, play("cat"), input)
			if !bytes.Equal(e.stdout, input) {
				t.Errorf("%d bytes came back of %d", len(e.stdout), len(input))
			}
			if len(e.stderr) > 0 || !e.status.OK() {
				t.Errorf("stderr %q, %v", e.stderr, e.status)
			}
		})
	}
}

func everyByte() []byte {
	b := make([]byte, 256)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

func TestExitStatus(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]string{"0": "exit status 0", "1": "exit status 1", "255": "exit status 255"} {
		e := run(t, play("exit", status), nil)
		if e.status.String() != want || e.status.OK() != (status == "0") {
			t.Errorf("exit %s gave %+v", status, e.status)
		}
	}
}

// TestOutputAfterWait: what a process has written stays readable after Wait.
func TestOutputAfterWait(t *testing.T) {
	t.Parallel()
	p := start(t, play("long", "4000"))
	if status := p.Wait(); !status.OK() {
		t.Error(status)
	}
	if out, err := io.ReadAll(p.Stdout); len(out) != 4000 || err != nil {
		t.Errorf("read %d bytes, %v", len(out), err)
	}
}

func BenchmarkStart(b *testing.B) {
	c := trivial(b)
	for b.Loop() {
		p, err := c.Start()
		if err != nil {
			b.Fatal(err)
		}
		if status := p.Wait(); !status.OK() {
			b.Fatal(status)
		}
		p.Release()
	}
}
