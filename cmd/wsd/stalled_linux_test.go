package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"wsd/server/servertest"
)

// What README says that wsd needs at most, in bytes: for a session, and for a
// connection without one. The garbage collector lets the
// heap grow to twice of what is in use; the rest is the daemon itself and the stacks.
const (
	sessionMemory = 400 << 10
	plainMemory   = 150 << 10
	daemonMemory  = 32 << 20
)

// stalled is a daemon whose clients hold memory for as long as it lets them.
type stalled struct {
	*servertest.Process
	t *testing.T
}

// all has n clients, side by side, that do what f does.
func (s stalled) all(n int, f func()) {
	var clients sync.WaitGroup
	for range n {
		clients.Go(f)
	}
	clients.Wait()
}

// wantMemory fails when the daemon has ever taken more than twice this, and what it
// needs for itself.
func (s stalled) wantMemory(bytes int) {
	s.t.Helper()
	peak, bound := s.Status("VmHWM")<<10, 2*bytes+daemonMemory
	s.t.Logf("peak memory %d MiB, bound %d MiB", peak>>20, bound>>20)
	if peak > bound {
		s.t.Errorf("the daemon took %d MiB, more than %d MiB", peak>>20, bound>>20)
	}
}

// descriptors is how many files the daemon has open.
func (s stalled) descriptors() int {
	s.t.Helper()
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.PID()))
	if err != nil {
		s.t.Fatal(err)
	}
	return len(open)
}

// deaf is a client that takes next to nothing of what it does not read.
func (s stalled) deaf() *servertest.Client {
	c := s.Client()
	c.Conn.(*net.TCPConn).SetReadBuffer(4 << 10)
	return c
}

// TestStalledClients has clients that stall in each way that makes wsd hold memory
// for them: what it takes has the bound that README gives.
func TestStalledClients(t *testing.T) {
	wsd := servertest.Build(t)
	if servertest.Race { // which takes memory of its own
		wsd = servertest.BuildIn(t, t.TempDir())
	}
	start := func(t *testing.T, args ...string) stalled {
		return stalled{served(t, wsd, nil, append([]string{"--address=127.0.0.1:0", "--pingms=0"}, args...)...), t}
	}

	// They read nothing of a backend that never stops to write and takes nothing.
	t.Run("both ways", func(t *testing.T) {
		const n = 60
		s := start(t, "sh", "-c", "read -r line; exec yes")
		whole := slices.Concat(slices.Repeat([][]byte{servertest.Message(strings.Repeat("x", 4000))}, 80)...)
		s.all(n, func() {
			c := s.deaf().Upgrade("/")
			c.Send("go")
			unfinished := servertest.Frame(servertest.Text, strings.Repeat("x", 60_000))
			go c.TryWrite(slices.Concat(whole, unfinished)) // ends with the connection
			c.Read()
		})
		s.wantMemory(n * sessionMemory)
	})

	// The same, with what grows most when it is tagged: empty lines.
	t.Run("tagged", func(t *testing.T) {
		const n = 60
		s := start(t, "--passstderr", "yes", "")
		s.all(n, func() { s.deaf().Upgrade("/").Read() })
		s.wantMemory(n * sessionMemory)
	})

	// They send all but the last byte of a large message.
	t.Run("half messages", func(t *testing.T) {
		const n, message, buffered = 100, 1<<20 - 1, 16 << 20
		s := start(t, "--maxbuffered="+strconv.Itoa(buffered), "cat")
		unfinished := servertest.Frame(servertest.Text, strings.Repeat("x", message))
		s.all(n, func() {
			c := s.Client().Upgrade("/")
			go c.TryWrite(unfinished) // ends with the connection
		})
		s.Log.Wait(t, "DISCONNECT", "code", "1013") // all memory is taken
		s.wantMemory(n*sessionMemory + buffered)
		last := s.Dial("/") // who comes next is served
		last.WantEcho("hello")
	})

	// They send a long header, and no body, and have no password.
	t.Run("bodies", func(t *testing.T) {
		const n = 300
		needDescriptors(t, 2*n)
		passwords := servertest.Write(t, filepath.Join(t.TempDir(), "passwords"), "ada:$2y$04$dpXIeUEbtaH2vK40Evw91.SP6RLdV5hzXBE9EXh4A5GMhyMv5j70K\n", 0o600)
		s := start(t, "--htpasswd="+passwords, "cat")
		before := s.descriptors()
		header := strings.Repeat("X-Long: "+strings.Repeat("x", 6_000)+"\r\n", 10)
		s.all(n, func() {
			c := s.Client()
			c.Write([]byte("POST / HTTP/1.1\r\nHost: test.example\r\nContent-Length: 10\r\n" + header + "\r\n"))
			answer, err := http.ReadResponse(c.In, nil)
			if err != nil || answer.StatusCode != http.StatusUnauthorized {
				t.Errorf("%v, %v", answer, err)
				return
			}
			io.Copy(io.Discard, answer.Body)
			c.WantEnd()
		})
		s.wantMemory(n * plainMemory)
		if after := s.descriptors(); after > before+10 {
			t.Errorf("%d descriptors are open, %d before", after, before)
		}
	})

	// They read nothing of a large file.
	t.Run("files", func(t *testing.T) {
		const n = 100
		dir := t.TempDir()
		if err := os.Truncate(servertest.Write(t, filepath.Join(dir, "big"), "", 0o644), 1<<30); err != nil {
			t.Fatal(err)
		}
		s := start(t, "--staticdir="+dir, "cat")
		s.all(n, func() {
			c := s.deaf()
			c.Write([]byte("GET /big HTTP/1.1\r\nHost: test.example\r\n\r\n"))
			if _, err := http.ReadResponse(c.In, nil); err != nil {
				t.Error(err)
			}
		})
		s.wantMemory(n * plainMemory)
	})
}

// needDescriptors skips a test on a machine that allows a process less than n
// open files.
func needDescriptors(t *testing.T, n uint64) {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if limit.Max < n {
		servertest.Missing(t, fmt.Sprintf("a limit of %d open files", n))
	}
}
