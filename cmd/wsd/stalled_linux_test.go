package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// testStalledClients has a thousand clients at once that hold memory without
// end: half of them read nothing of a backend that never stops to write, the other
// half sends all but the last byte of a large message. The daemon's memory has a
// bound all the same, and who comes next is served.
func testStalledClients(t *testing.T, wsd string) {
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
	server := serving(t, command(t, wsd, "--address=127.0.0.1:0", "--loglevel=info", "--pingms=0",
		"--maxbuffered="+strconv.Itoa(buffered), "/bin/sh", "-c", `read -r line; case $line in flood) exec yes "$0";; *) exec cat;; esac`,
		strings.Repeat("y", 200)))
	text := func(payload string) []byte { return maskedFrame(0x81, payload) }
	for range half {
		client := upgrade(t, server.address)
		defer client.Close()
		client.Write(text("flood"))
	}
	held := 0
	for range half {
		client := upgrade(t, server.address)
		defer client.Close()
		client.SetDeadline(time.Now().Add(time.Minute))
		client.Write(text("echo"))
		client.Write(maskedFrame(0x01, strings.Repeat("x", message)))
		client.Write(maskedFrame(0x89, "")) // a ping, whose answer shows that all has been taken
		switch first, err := bufio.NewReader(client).ReadByte(); {
		case err != nil && err != io.EOF && !isReset(err):
			t.Fatal(err)
		case first == 0x8a:
			held++
		}
	}
	if most := buffered / (1 << 20); held == 0 || held > most {
		t.Errorf("%d messages are held, want 1 to %d", held, most)
	}
	peak := peakMemory(t, server.cmd.Process.Pid)
	t.Logf("peak memory %d MiB, bound %d MiB, %d half messages held", peak>>20, bound>>20, held)
	if peak > bound {
		t.Errorf("the daemon took %d MiB, more than %d MiB", peak>>20, bound>>20)
	}
	last := upgrade(t, server.address)
	defer last.Close()
	last.Write(append(text("echo"), text("hello")...))
	answer := make([]byte, len("\x81\x05hello"))
	if _, err := io.ReadFull(last, answer); err != nil || string(answer) != "\x81\x05hello" {
		t.Errorf("one more client got %q, %v", answer, err)
	}
	server.signal(t, syscall.SIGTERM)
	server.wait(t, 0)
}

func isReset(err error) bool {
	op, ok := err.(*net.OpError)
	return ok && strings.Contains(op.Error(), "reset")
}

// maskedFrame is a frame of a client with the mask 0.
func maskedFrame(first byte, payload string) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = append(b, 0x80|126, byte(n>>8), byte(n))
	default:
		b = append(b, 0x80|127, 0, 0, 0, 0, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}

// peakMemory is the most memory that a process has had at once, in bytes.
func peakMemory(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kib, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kib << 10
}

// needDescriptors skips a test on a machine that allows a process less than n
// open files.
func needDescriptors(t *testing.T, n uint64) {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if limit.Max >= n {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("the limit of open files is %d, want %d", limit.Max, n)
	}
	t.Skipf("the limit of open files is %d, want %d", limit.Max, n)
}
