//go:build unix

package exec

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestStartLeaksNothing: neither a start that fails nor a process that has
// ended leaves a descriptor or a child.
func TestStartLeaksNothing(t *testing.T) {
	dir := t.TempDir()
	busy, err := os.OpenFile(filepath.Join(dir, "busy"), os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	for name, text := range map[string]string{
		"interpreter": "#!/no/such/interpreter\n", "text": "echo hello\n", "empty": "",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	nul := play("exit", "0", "a\x00b")
	for _, test := range []struct {
		name    string
		command Command
		err     error
		says    string
	}{
		{"missing", Command{Path: filepath.Join(dir, "missing")}, syscall.ENOENT, "no such file"},
		{"a folder", Command{Path: dir}, syscall.EISDIR, "is a directory"},
		{"interpreter", Command{Path: filepath.Join(dir, "interpreter")}, syscall.ENOENT, "asks for /no/such/interpreter"},
		{"relative", Command{Path: "./interpreter", Dir: dir}, syscall.ENOENT, "interpreter"},
		{"text", Command{Path: filepath.Join(dir, "text")}, syscall.ENOEXEC, "no #! line"},
		{"empty", Command{Path: filepath.Join(dir, "empty")}, syscall.ENOEXEC, "no #! line"},
		{"no folder", Command{Path: nul.Path, Dir: filepath.Join(dir, "gone")}, syscall.ENOENT, "working folder " + dir},
		{"NUL", *nul, syscall.EINVAL, "invalid argument"},
		{"busy", Command{Path: busy.Name()}, syscall.ETXTBSY, "text file busy"},
	} {
		for _, test.command.PTY = range terminals() {
			before := openDescriptors()
			p, err := test.command.Start()
			if err == nil {
				p.Kill()
				p.Wait()
				p.Release()
				t.Errorf("%s: started", test.name)
				continue
			}
			if !errors.Is(err, test.err) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s: %v", test.name, err)
			}
			if after := openDescriptors(); !slices.Equal(before, after) {
				t.Errorf("%s: descriptors were %v and are %v", test.name, before, after)
			}
			var status syscall.WaitStatus
			if pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil); !errors.Is(err, syscall.ECHILD) {
				t.Errorf("%s: child %d is left, %v", test.name, pid, err)
			}
		}
	}
}

// terminals are the values of Command.PTY that this platform takes.
func terminals() []bool {
	if PTYSupported {
		return []bool{false, true}
	}
	return []bool{false}
}

func TestReleaseLeavesNothingOpen(t *testing.T) {
	for _, pty := range terminals() {
		c := play("exit", "0")
		c.PTY = pty
		before := openDescriptors()
		for range 3 {
			p, err := c.Start()
			if err != nil {
				t.Fatal(err)
			}
			if e := drain(p); !e.status.OK() {
				t.Error(e.status)
			}
			p.Release()
		}
		if after := openDescriptors(); !slices.Equal(before, after) {
			t.Errorf("terminal: %t; descriptors were %v and are %v", pty, before, after)
		}
	}
}

// TestExhausted: whatever number of descriptors is left, Start either works or
// fails without leaving any open.
func TestExhausted(t *testing.T) {
	t.Parallel()
	e := run(t, play("exhausted"), nil)
	if !e.status.OK() || string(e.stdout) != "refused, then started\n" {
		t.Errorf("%v\n%s%s", e.status, e.stdout, e.stderr)
	}
}

func exhausted([]string) int {
	child := play("exit", "0")
	for _, child.PTY = range terminals() {
		if refusals := startAll(child, syscall.EMFILE); refusals < 3 {
			fmt.Println("terminal:", child.PTY, "was refused", refusals, "times")
			return 1
		}
	}
	fmt.Println("refused, then started")
	return 0
}

// startAll starts c with one descriptor more each time, until it starts, and
// returns how often it was refused with want.
func startAll(c *Command, want error) (refusals int) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		panic(err)
	}
	warmUp(c)
	before := openDescriptors()
	for more := 1; ; more++ {
		set(&limit.Cur, before[len(before)-1]+more)
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
			panic(err)
		}
		p, err := c.Start()
		if err == nil {
			if e := drain(p); !e.status.OK() {
				panic(e.status.String() + string(e.stderr))
			}
			p.Release()
		}
		if after := openDescriptors(); !slices.Equal(before, after) {
			panic(fmt.Sprint("terminal: ", c.PTY, ", ", err, ": descriptors were ", before, " and are ", after))
		}
		switch {
		case err == nil:
			return refusals
		case !errors.Is(err, want):
			panic(err)
		}
		refusals++
	}
}

// set sets a limit, whose type depends on the platform.
func set[T int64 | uint64](limit *T, value int) { *limit = T(value) }

// warmUp lets the runtime open what it keeps open, such as its poller.
func warmUp(c *Command) {
	p, err := c.Start()
	if err != nil {
		panic(err)
	}
	drain(p)
	p.Release()
}

// openDescriptors asks for each number, since reading /proc/self/fd would open
// more of them.
func openDescriptors() (open []int) {
	for fd := range 4096 {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil {
			open = append(open, fd)
		}
	}
	return open
}
