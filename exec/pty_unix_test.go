//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package exec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// onTerminal is c with a terminal.
func onTerminal(c *Command) *Command {
	c.PTY = true
	return c
}

// terminal says what a process finds on a terminal.
func terminal([]string) int {
	for fd := range 3 {
		_, err := unix.IoctlGetTermios(fd, getTermios)
		fmt.Println("isatty", fd, err == nil)
	}
	if size, err := unix.IoctlGetWinsize(1, unix.TIOCGWINSZ); err == nil {
		fmt.Println("size", size.Col, size.Row)
	}
	pid := os.Getpid()
	session, err := unix.Getsid(0)
	fmt.Println("session leader", session == pid, err)
	fmt.Println("group leader", unix.Getpgrp() == pid)
	group, err := unix.IoctlGetInt(0, unix.TIOCGPGRP)
	fmt.Println("in the foreground", group == pid, err)
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	fmt.Println("controlling terminal", err)
	if err == nil {
		fmt.Fprintln(tty, "written to it")
	}
	return 0
}

func TestTerminalFacts(t *testing.T) {
	t.Parallel()
	const want = `isatty 0 true
isatty 1 true
isatty 2 false
size 80 24
session leader true <nil>
group leader true
in the foreground true <nil>
controlling terminal <nil>
written to it
`
	e := run(t, onTerminal(play("terminal")), nil)
	if string(e.stdout) != want || len(e.stderr) > 0 || !e.status.OK() {
		t.Errorf("%v\n%s%s", e.status, e.stdout, e.stderr)
	}
}

// TestTerminalIsTransparent: whatever is written, in pieces of any size, and
// however it is read, the same comes back.
// belowTerminal starts the process terminal, with pipes, and prints what that says.
func belowTerminal([]string) int {
	p, err := play("terminal").Start()
	if err != nil {
		panic(err)
	}
	io.Copy(os.Stdout, p.Stdout)
	status := p.Wait()
	p.Release()
	return status.Code
}

// A backend can't reach the terminal that the server was started from: what it asks
// for on /dev/tty fails at once, and does not stop it.
func TestNoTerminalFromServer(t *testing.T) {
	t.Parallel()
	e := run(t, onTerminal(play("below")), nil)
	said := string(e.stdout)
	for _, want := range []string{"isatty 0 false\n", "session leader true <nil>\n", "group leader true\n", "controlling terminal open /dev/tty: "} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in:\n%s", want, said)
		}
	}
	if !e.status.OK() {
		t.Error(e.status)
	}
}

func TestTerminalIsTransparent(t *testing.T) {
	t.Parallel()
	longLine := append(bytes.Repeat([]byte("0123456789"), 10_000), '\n')
	for name, data := range map[string][]byte{
		"nothing":        nil,
		"a line":         []byte("hello\n"),
		"CR and LF":      []byte("a\r\nb\rc\n\r\n"),
		"every byte":     everyByte(),
		"no EOF":         {4, 4, 4, '\n', 4, '\n', 'a', 4, 'b', 4},
		"signals":        {3, 3, 26, 28, 25, 15, 17, 19, 22, '\n', 22, '\n'},
		"editing":        []byte("ab\x7f\bc\x15d\x17e\x12\x0b\n"),
		"a long line":    longLine,
		"a long unended": longLine[:50_000],
		"mixed":          bytes.Repeat(append(longLine[:4095:4095], everyByte()...), 10),
	} {
		for _, size := range []int{1, 7, longestLine, 4096} {
			if len(data) > 10_000 && size < 100 {
				continue // a slow way to read much
			}
			t.Run(fmt.Sprintf("%s/%d", name, size), func(t *testing.T) {
				t.Parallel()
				e := run(t, onTerminal(play("cat", strconv.Itoa(size))), data)
				if !bytes.Equal(e.stdout, data) || !e.status.OK() {
					t.Errorf("%d bytes came back of %d, %v\n%.300q", len(e.stdout), len(data), e.status, e.stdout)
				}
			})
		}
	}
}

// FuzzTerminal is TestTerminalIsTransparent for anything: data is written in
// pieces of writeSize and read by readSize.
func FuzzTerminal(f *testing.F) {
	f.Add([]byte("hello\nworld\n"), uint16(1), uint16(1))
	f.Add(append(bytes.Repeat([]byte("x"), 5000), 4, 22, '\n', 0, 255), uint16(999), uint16(1000))
	f.Add(everyByte(), uint16(3), uint16(2))
	f.Fuzz(func(t *testing.T, data []byte, writeSize, readSize uint16) {
		p := start(t, onTerminal(play("cat", strconv.Itoa(int(readSize)+1))))
		failed := make(chan error, 1)
		go func() { // ends when the process has taken all
			var err error
			for b := data; len(b) > 0 && err == nil; {
				n := min(len(b), int(writeSize)+1)
				_, err = p.Stdin.Write(b[:n])
				b = b[n:]
			}
			failed <- errors.Join(err, p.Stdin.Close(aWhile))
		}()
		e := drain(p)
		if err := <-failed; err != nil {
			t.Error(err)
		}
		if !bytes.Equal(e.stdout, data) || !e.status.OK() {
			t.Errorf("%q came back, %v", e.stdout, e.status)
		}
	})
}

// TestTerminalMessages: each piece is readable as soon as it is written, be it a
// line or not, and of any length.
func TestTerminalMessages(t *testing.T) {
	t.Parallel()
	p := start(t, onTerminal(play("cat")))
	for _, message := range []string{
		"a", "b\n", "\x04", "\x16", "\n", "no end", strings.Repeat("y", longestLine), strings.Repeat("x", 3000), "\x00",
	} {
		if n, err := p.Stdin.Write([]byte(message)); n != len(message) || err != nil {
			t.Fatalf("Write: %d, %v", n, err)
		}
		expect(t, p.Stdout, message)
	}
	if err := p.Stdin.Close(0); err != nil {
		t.Error(err)
	}
	if e := drain(p); len(e.stdout) > 0 || !e.status.OK() {
		t.Errorf("%+v", e)
	}
}

// readers are programs that read a terminal line by line, by block, by byte, and
// by select(2), and write what they read. Each answers its first line at once.
func readers(t *testing.T) map[string]*Command {
	all := map[string][]string{
		"cat":    {"cat"},
		"dd":     {"dd", "bs=1"},
		"shell":  {"sh", "-c", `while IFS= read -r l; do printf '%s\n' "$l"; done`},
		"perl":   {"perl", "-e", `$| = 1; print while <STDIN>`},
		"python": {"python3", "-c", "import sys\nfor l in sys.stdin: print(l, end='', flush=True)"},
		"select": {"perl", "-e", `$| = 1; for (;;) { vec($r = '', 0, 1) = 1; select($r, undef, undef, undef); sysread(STDIN, $b, 64) or exit; print $b }`},
	}
	commands := make(map[string]*Command)
	for name, words := range all {
		if path, err := LookPath(words[0]); err == nil {
			commands[name] = &Command{Path: path, Args: words[1:], Env: []string{"PATH=" + os.Getenv("PATH")}, PTY: true}
		} else if os.Getenv("CI") == "true" {
			t.Fatalf("%s is needed: %v", words[0], err)
		} else {
			t.Logf("%s is left out: %v", words[0], err)
		}
	}
	return commands
}

// TestTerminalEOF: a reader gets its EOF when it is waiting for input, which it
// is once it has answered and is asked nothing more, ...
func TestTerminalEOF(t *testing.T) {
	t.Parallel()
	for name, c := range readers(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, c)
			p.Stdin.Write([]byte("hello\n"))
			expect(t, p.Stdout, "hello\n")
			awaitReading(t, p)
			if err := p.Stdin.Close(0); err != nil {
				t.Error(err)
			}
			if e := drain(p); len(e.stdout) > 0 || !e.status.OK() {
				t.Errorf("%+v", e)
			}
		})
	}
}

// TestTerminalEOFComesLast: ... and also when it has not read yet what was
// written before, then after that.
func TestTerminalEOFComesLast(t *testing.T) {
	t.Parallel()
	for _, data := range [][]byte{
		[]byte("hello\n"), []byte("unended"), bytes.Repeat([]byte("x"), 7000), bytes.Repeat(everyByte(), 12),
		bytes.Repeat([]byte("0123456789abcde\n"), 1<<10),
	} {
		p := start(t, onTerminal(play("late")))
		expect(t, p.Stdout, "ready\n")
		failed := make(chan error, 1)
		go func() { // ends when the process has taken all
			_, err := p.Stdin.Write(data)
			failed <- errors.Join(err, p.Stdin.Close(aWhile))
		}()
		if len(data) < 4000 { // which the terminal holds
			if err := <-failed; err != nil {
				t.Error(err)
			}
			failed <- nil
		}
		p.Signal(syscall.SIGUSR1)
		if e := drain(p); !bytes.Equal(e.stdout, data) || !e.status.OK() {
			t.Errorf("%d bytes came back of %d: %.300q, %v", len(e.stdout), len(data), e.stdout, e.status)
		}
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
}

// TestCloseInterruptsTerminalWrite: the reader gets the part of a Write that it
// says, and then an EOF, unless there was no room for one, which Close tells.
func TestCloseInterruptsTerminalWrite(t *testing.T) {
	data := bytes.Repeat([]byte("01234\x04\x1678\x16\x16abc\x04\n"), 1<<16)
	for range 5 {
		p := start(t, onTerminal(play("late")))
		expect(t, p.Stdout, "ready\n")
		result := write(p, data)
		err := p.Stdin.Close(0)
		w := <-result
		if !errors.Is(w.err, os.ErrDeadlineExceeded) {
			t.Errorf("Write gave %d, %v", w.n, w.err)
		}
		if err != nil {
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("Close gave %v", err)
			}
			continue
		}
		p.Signal(syscall.SIGUSR1)
		if e := drain(p); !bytes.Equal(e.stdout, data[:w.n]) || !e.status.OK() {
			t.Errorf("%d bytes reached it of %d, %v", len(e.stdout), w.n, e.status)
		}
	}
}

// TestControlCharacters: they reach the process as bytes, not as signals.
func TestControlCharacters(t *testing.T) {
	t.Parallel()
	p := start(t, onTerminal(play("stubborn", "EOF")))
	expect(t, p.Stdout, "ready\n")
	for _, c := range []string{"\x03", "\x1a", "\x1c", "\x04", "\x11", "\x13", "\x19"} {
		p.Stdin.Write([]byte(c))
		expect(t, p.Stdout, fmt.Sprintf("%02x\n", c))
	}
	p.Stdin.Close(0)
	if e := drain(p); string(e.stdout) != "EOF\n" || !e.status.OK() {
		t.Errorf("%q, %v", e.stdout, e.status)
	}
}

// TestTerminalInRawMode: a program that takes the terminal out of line mode gets
// the bytes as they are, and ^D at the end.
func TestTerminalInRawMode(t *testing.T) {
	t.Parallel()
	tool(t, "stty")
	tool(t, "head")
	p := start(t, onTerminal(sh(t, "stty raw -echo; echo ready; head -c 260")))
	expect(t, p.Stdout, "ready\n")
	data := append([]byte("\x04\x16a"), everyByte()...)
	if _, err := p.Stdin.Write(data); err != nil {
		t.Error(err)
	}
	if err := p.Stdin.Close(0); err != nil {
		t.Error(err)
	}
	if e := drain(p); string(e.stdout) != string(data)+"\x04" || !e.status.OK() {
		t.Errorf("%q, %v", e.stdout, e.status)
	}
}

// TestTerminalOutputAfterExit: all that a process wrote is readable when it is
// gone, and then comes the end.
func TestTerminalOutputAfterExit(t *testing.T) {
	t.Parallel()
	p := start(t, onTerminal(play("long", "3000")))
	if status := p.Wait(); !status.OK() {
		t.Error(status)
	}
	out, err := io.ReadAll(p.Stdout)
	if want := strings.Repeat("x", 2999) + "\n"; string(out) != want || !IsEOF(err) && err != nil {
		t.Errorf("read %d bytes, %v", len(out), err)
	}
	for range 2 {
		if n, err := p.Stdout.Read(make([]byte, 1)); n != 0 || !IsEOF(err) {
			t.Errorf("reading on gave %d, %v", n, err)
		}
	}
}

// TestLongTerminalOutput: more than a terminal holds.
func TestLongTerminalOutput(t *testing.T) {
	t.Parallel()
	e := run(t, onTerminal(play("long", "100000")), nil)
	if want := strings.Repeat("x", 99_999) + "\n"; string(e.stdout) != want || !e.status.OK() {
		t.Errorf("read %d bytes, %v", len(e.stdout), e.status)
	}
}
