package main

import (
	"fmt"
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
		// the frames made of it. Of one on the way in: what was read of the socket, and
		// the beginning of the message. The garbage collector lets the heap grow to twice
		// of what is in use; the rest is the daemon itself and the stacks.
		out, in = 64<<10 + 128<<10, 64<<10 + 64<<10
		bound   = 2*(half*out+half*in+buffered) + 64<<20
	)
	needDescriptors(t, 2*half*4+100)
	wsd := servertest.Build(t)
	if servertest.Race { // which takes memory of its own
		wsd = servertest.BuildIn(t, t.TempDir())
	}
	server := served(t, wsd, nil, "--address=127.0.0.1:0", "--loglevel=access", "--pingms=0",
		"--maxbuffered="+strconv.Itoa(buffered), "/bin/sh", "-c", `read -r line; case $line in flood) exec yes "$0";; *) exec cat;; esac`,
		strings.Repeat("y", 200))
	for range half {
		server.Dial("/").Send("flood")
	}
	unfinished := servertest.Frame(servertest.Text, strings.Repeat("x", message))
	for range half {
		client := server.Dial("/")
		client.Send("echo")
		go client.TryWrite(unfinished) // ends with the connection
	}
	server.Log.Wait(t, "DISCONNECT", "code", "1013") // all memory is taken
	peak := server.Status("VmHWM") << 10
	t.Logf("peak memory %d MiB, bound %d MiB", peak>>20, bound>>20)
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
