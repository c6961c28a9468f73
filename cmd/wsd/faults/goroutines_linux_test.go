package faults_test

import (
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// aborted ends the daemon by SIGABRT, which makes the Go runtime say what each
// goroutine does, and counts those that wait for something, the runtime's own
// aside, by who started them. One that runs is about to end.
func (d *daemon) aborted() map[string]int {
	d.t.Helper()
	d.Signal(syscall.SIGABRT)
	d.Wait()
	dump := d.Log.Other()
	if !strings.Contains(dump, "SIGABRT: abort") {
		d.t.Fatalf("wsd did not end by SIGABRT: %v", d.Cmd.ProcessState)
	}
	started := map[string]int{}
	for goroutine := range strings.SplitSeq(dump, "\n\n") {
		by := createdBy.FindStringSubmatch(goroutine)
		if by != nil && !strings.HasPrefix(by[1], "runtime.") && !running.MatchString(goroutine) {
			started[by[1]]++
		}
	}
	return started
}

var (
	createdBy = regexp.MustCompile(`(?m)^created by (\S+)`)
	running   = regexp.MustCompile(`^goroutine .*\[(running|runnable)\b`)
)

// wantIdle ends the daemon, in which no session is left, and wants it to have no
// more goroutines than one that never had any: besides the main one there are
// Run, the loops of its listener and of its reloads, the log's, and what the runtime uses for signals.
func (d *daemon) wantIdle() {
	d.t.Helper()
	idle := map[string]int{
		"main.serve": 2, "main.newLogQueue": 1, "wsd/server.(*Server).Run": 1, "os/signal.Notify.func1.1": 1,
	}
	for by, n := range d.aborted() {
		if n > idle[by] {
			d.t.Errorf("%s has started %d goroutines that are left, want %d", by, n, idle[by])
		}
	}
}

// TestAborted makes sure that goroutines are seen at all.
func TestAborted(t *testing.T) {
	t.Parallel()
	s := newStage(t, settings{})
	c := s.dial("/echo")
	c.WantEcho("hello")
	s.leave()
	backend := s.backend(c)
	seen := s.daemon.aborted()
	if _, err := syscall.Wait4(backend, nil, 0, nil); err != nil { // it is this process's child now
		t.Errorf("the backend of a wsd that is gone: %v", err)
	}
	if want := "wsd/server/session.Start"; seen[want] != 3 {
		t.Errorf("%d goroutines were started by %s, want 3: %v", seen[want], want, seen)
	}
}
