//go:build unix

package exec

import (
	"bytes"
	"errors"
	"os"
	"syscall"
	"testing"
	"time"
)

// aWhile is a patience that no test uses up.
const aWhile = time.Hour

// written is how a Write ended.
type written struct {
	n   int
	err error
}

// write starts a Write and returns when it waits for the process.
func write(p *Process, b []byte) <-chan written {
	return writeUntil("IO wait", p, b)
}

func writeUntil(state string, p *Process, b []byte) <-chan written {
	before := blockedIn("(*Input).Write", state)
	result := make(chan written, 1)
	go func() { // ends when the process has taken b, or by Close; every test receives the result
		n, err := p.Stdin.Write(b)
		result <- written{n, err}
	}()
	awaitBlocked("(*Input).Write", before+1, state)
	return result
}

// TestCloseInterruptsWrite: a process that does not read makes Write block; Close
// ends that, and the process later reads what was taken, and then an EOF.
func TestCloseInterruptsWrite(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789abcde\n"), 1<<16)
	p := start(t, play("late"))
	p.Stdin.Lines = true // of which a pipe holds a whole number
	expect(t, p.Stdout, "ready\n")
	result := write(p, data)
	if err := p.Stdin.Close(0); err != nil {
		t.Errorf("Close: %v", err)
	}
	w := <-result
	if !errors.Is(w.err, os.ErrDeadlineExceeded) || w.n == 0 || w.n >= len(data) {
		t.Errorf("Write gave %d, %v", w.n, w.err)
	}
	p.Signal(syscall.SIGUSR1)
	e := drain(p)
	if !bytes.Equal(e.stdout, data[:w.n]) || !e.status.OK() {
		t.Errorf("%d bytes of %d reached it; %v", len(e.stdout), w.n, e.status)
	}
}

// TestNoEOFAfterHalf: what a process has been given half of must not seem whole to it.
// It is stopped by signals instead, and the first one comes at once.
func TestNoEOFAfterHalf(t *testing.T) {
	for _, pty := range terminals() {
		for name, cut := range map[string]func(*Process){
			"within a write":  func(p *Process) { p.Stdin.WriteWithin(time.Millisecond, make([]byte, 1<<20)) },
			"between two":     func(p *Process) { p.Stdin.Lines = true; p.Stdin.Write([]byte("half")) },
			"in a hurry":      func(p *Process) { result := write(p, make([]byte, 1<<20)); p.Stdin.hurry(); <-result },
			"after a newline": func(p *Process) { p.Stdin.WriteWithin(time.Millisecond, bytes.Repeat([]byte{'\n'}, 1<<20)) },
		} {
			c := play("late") // which SIGINT ends
			c.PTY = pty
			p := start(t, c)
			expect(t, p.Stdout, "ready\n")
			cut(p)
			e := <-stopAfter(time.Hour, p) // which is for a process that may still find its EOF
			if err := p.Stdin.file.SetDeadline(time.Time{}); err != nil {
				t.Errorf("%s, terminal %t: stdin has been closed: %v", name, pty, err)
			}
			if e.status.Signal != "SIGINT" {
				t.Errorf("%s, terminal %t: %v", name, pty, e.status)
			}
		}
	}
}

// TestCloseWaitsForWrite: within the patience, a Write in progress gets through.
func TestCloseWaitsForWrite(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789abcde\n"), 1<<16)
	p := start(t, play("late"))
	expect(t, p.Stdout, "ready\n")
	result := write(p, data)
	closed := make(chan error, 1)
	go func() { closed <- p.Stdin.Close(aWhile) }() // ends after the Write; received below
	awaitBlocked("(*Input).Close", 1, "chan send")
	p.Signal(syscall.SIGUSR1)
	e := drain(p)
	if !bytes.Equal(e.stdout, data) || !e.status.OK() {
		t.Errorf("%d bytes of %d reached it; %v", len(e.stdout), len(data), e.status)
	}
	if w := <-result; w != (written{len(data), nil}) {
		t.Errorf("Write gave %d, %v", w.n, w.err)
	}
	if err := <-closed; err != nil {
		t.Errorf("Close: %v", err)
	}
}

func TestWriteAfterClose(t *testing.T) {
	for _, pty := range terminals() {
		c := play("cat")
		c.PTY = pty
		p := start(t, c)
		for range 2 {
			if err := p.Stdin.Close(aWhile); err != nil {
				t.Errorf("Close: %v", err)
			}
			if n, err := p.Stdin.Write([]byte("late")); n != 0 || !errors.Is(err, os.ErrClosed) {
				t.Errorf("Write after Close gave %d, %v", n, err)
			}
		}
		if e := drain(p); !e.status.OK() || len(e.stdout) > 0 {
			t.Errorf("%v, %q", e.status, e.stdout)
		}
		if err := p.Stdin.Close(0); err != nil {
			t.Errorf("Close after the end: %v", err)
		}
	}
}

// TestStdinClosedByProcess: that is an error of Write, and nothing else.
func TestStdinClosedByProcess(t *testing.T) {
	p := start(t, sh(t, "exec <&-; echo closed; kill -STOP $$; echo more"))
	expect(t, p.Stdout, "closed\n")
	for range 3 {
		if _, err := p.Stdin.Write([]byte("hello\n")); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("Write gave %v", err)
		}
	}
	if err := p.Stdin.Close(aWhile); err != nil {
		t.Errorf("Close: %v", err)
	}
	awaitStopped(t, p)
	p.Signal(syscall.SIGCONT)
	if e := drain(p); string(e.stdout) != "more\n" || !e.status.OK() {
		t.Errorf("%q, %v", e.stdout, e.status)
	}
}

// withoutDeadlines is an Input like one on Windows, whose pipes no poller watches,
// and the pipe's other end.
func withoutDeadlines(t *testing.T) (*Input, *os.File) {
	t.Helper()
	var fds [2]int
	if err := syscall.Pipe(fds[:]); err != nil {
		t.Fatal(err)
	}
	r, w := os.NewFile(uintptr(fds[0]), "r"), os.NewFile(uintptr(fds[1]), "w")
	t.Cleanup(func() { closeFiles(r, w) })
	if err := w.SetWriteDeadline(time.Now()); !errors.Is(err, os.ErrNoDeadline) {
		t.Fatalf("this pipe should have no deadlines: %v", err)
	}
	return newInput(w, false), r
}

// TestCloseWithoutDeadlines: Close returns all the same, and lets no Write in.
// Unlike on Windows, the Write in progress goes on until the reader is gone.
func TestCloseWithoutDeadlines(t *testing.T) {
	in, r := withoutDeadlines(t)
	result := writeUntil("syscall", &Process{Stdin: in}, make([]byte, 1<<20))
	if err := in.Close(0); err != nil {
		t.Errorf("Close: %v", err)
	}
	r.Close()
	if w := <-result; w.err == nil {
		t.Errorf("Write of %d bytes succeeded", w.n)
	}
	if _, err := in.Write([]byte("late")); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Write after Close gave %v", err)
	}
	in.Close(0)
}

// TestWriteWithinWithoutDeadlines: it gives up, and b is the caller's again.
func TestWriteWithinWithoutDeadlines(t *testing.T) {
	in, r := withoutDeadlines(t)
	b := make([]byte, 1<<20)
	if err := in.WriteWithin(0, b); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("WriteWithin gave %v", err)
	}
	clear(b)
	r.Close()
	in.Close(aWhile)
}

// TestWriteWithin: it gives up on a process that takes nothing, ...
func TestWriteWithin(t *testing.T) {
	for _, pty := range terminals() {
		c := play("late")
		c.PTY = pty
		p := start(t, c)
		expect(t, p.Stdout, "ready\n")
		if err := p.Stdin.WriteWithin(time.Millisecond, make([]byte, 1<<20)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("WriteWithin gave %v", err)
		}
		p.Stdin.Close(0)
		if err := p.Stdin.WriteWithin(aWhile, []byte("late")); !errors.Is(err, os.ErrClosed) {
			t.Errorf("WriteWithin after Close gave %v", err)
		}
	}
}

// TestWriteGoesOn: ... and what an interrupted Write has not written can be
// written later, with nothing lost or doubled.
func TestWriteGoesOn(t *testing.T) {
	data := bytes.Repeat([]byte("01234\x04\x1678\x16\x16abc\x04\n"), 1<<13)
	for _, pty := range terminals() {
		for cut := range 8 {
			c := play("late")
			c.PTY = pty
			p := start(t, c)
			expect(t, p.Stdout, "ready\n")
			result := write(p, data[cut:])
			p.Stdin.hurry()
			w := <-result
			if !errors.Is(w.err, os.ErrDeadlineExceeded) || w.n == 0 {
				t.Errorf("Write gave %d, %v", w.n, w.err)
			}
			failed := make(chan error, 1)
			go func() { // ends when the process has taken the rest; received below
				err := p.Stdin.WriteWithin(aWhile, data[cut+w.n:])
				failed <- errors.Join(err, p.Stdin.Close(aWhile))
			}()
			p.Signal(syscall.SIGUSR1)
			if e := drain(p); !bytes.Equal(e.stdout, data[cut:]) || !e.status.OK() {
				t.Errorf("terminal %t: %d bytes reached it of %d, %v", pty, len(e.stdout), len(data)-cut, e.status)
			}
			if err := <-failed; err != nil {
				t.Error(err)
			}
		}
	}
}
