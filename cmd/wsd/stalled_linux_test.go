package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"wsd/server/servertest"
)

// TestStalledClients has a thousand clients at once that hold memory without
// end: half of them read nothing of a backend that never stops to write, the other
// half sends all but the last byte of a large message. The daemon's memory has a
// bound all the same, and who comes next is served.
func TestStalledClients(t *testing.T) {
	const (
		half     = 500
		message  = 1<<20 - 1
		buffered = 64 << 20
		// Of a session that is stalled on the way out: what was read of the pipe, and
		// the frames made of it. The garbage collector lets the heap grow to twice of
		// what is in use; the rest is the daemon itself and the stacks.
		each  = 64<<10 + 128<<10
		bound = 2*(half*each+buffered) + 64<<20
	)
	needDescriptors(t, 2*half*4+100)
	wsd := servertest.Build(t)
	if servertest.Race { // which takes memory of its own
		wsd = servertest.BuildIn(t, t.TempDir())
	}
	server := served(t, wsd, nil, "--address=127.0.0.1:0", "--loglevel=info", "--pingms=0",
		"--maxbuffered="+strconv.Itoa(buffered), "/bin/sh", "-c", `read -r line; case $line in flood) exec yes "$0";; *) exec cat;; esac`,
		strings.Repeat("y", 200))
	for range half {
		server.Dial("/").Send("flood")
	}
	held := 0
	unfinished := servertest.Frame(servertest.Text, strings.Repeat("x", message))
	for range half {
		client := server.Dial("/")
		client.Send("echo")
		client.TryWrite(unfinished)
		client.TryWrite(servertest.Frame(servertest.Fin|servertest.Ping, "")) // its answer shows that all has been taken
		switch f, err := client.ReadFrame(); {
		case err != nil && err != io.EOF && !errors.Is(err, syscall.ECONNRESET):
			t.Fatal(err)
		case err == nil && f.Opcode == servertest.Pong:
			held++
		}
	}
	if most := buffered / (1 << 20); held == 0 || held > most {
		t.Errorf("%d messages are held, want 1 to %d", held, most)
	}
	peak := server.Status("VmHWM") << 10
	t.Logf("peak memory %d MiB, bound %d MiB, %d half messages held", peak>>20, bound>>20, held)
	if peak > bound {
		t.Errorf("the daemon took %d MiB, more than %d MiB", peak>>20, bound>>20)
	}
	last := server.Dial("/")
	last.Send("echo")
	last.WantEcho("hello")
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
