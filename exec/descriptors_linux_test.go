package exec

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// TestDescriptors: a process has its three streams, which block, and nothing of
// what is open here, even while other processes are being started.
func TestDescriptors(t *testing.T) {
	openSome(t)
	for i := range 40 {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			p := start(t, &Command{Path: tool(t, "cat"), PTY: i%2 == 1})
			checkDescriptors(t, p)
		})
	}
}

// openSome opens a listener, both ends of a connection, and files, until the test
// ends.
func openSome(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	for range 20 {
		f, err := os.Create(filepath.Join(t.TempDir(), "open"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
	}
}

// checkDescriptors looks at a process that is cat, which opens nothing by itself
// once it answers.
func checkDescriptors(t *testing.T, p *Process) {
	t.Helper()
	if _, err := p.Stdin.Write([]byte("a\n")); err != nil {
		t.Fatal(err)
	}
	expect(t, p.Stdout, "a\n")
	fds, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.PID()))
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		if n, _ := strconv.Atoi(fd.Name()); n > 2 {
			file, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", p.PID(), n))
			t.Errorf("descriptor %d is open: %s", n, file)
		} else if flags := statusFlags(t, p.PID(), n); flags&unix.O_NONBLOCK != 0 {
			t.Errorf("descriptor %d does not block: %#o", n, flags)
		}
	}
	if len(fds) < 3 {
		t.Errorf("%d descriptors are open", len(fds))
	}
}

func statusFlags(t *testing.T, pid, fd int) (flags int) {
	t.Helper()
	info, err := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%d", pid, fd))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := bytes.Cut(info, []byte("flags:"))
	if _, err := fmt.Sscanf(string(after), "%o", &flags); err != nil {
		t.Fatalf("%q: %v", info, err)
	}
	return flags
}
