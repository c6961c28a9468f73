//go:build unix

package exec

import (
	"bufio"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// stop begins to stop p as a server does, while what p writes is read. Once Stop
// has returned, the channel tells how p has ended.
func stop(p *Process) <-chan ended { return stopAfter(0, p) }

// stopAfter is stop with extra time on each rung.
func stopAfter(extra time.Duration, p *Process) <-chan ended {
	result := make(chan ended, 1)
	var e ended
	done := make(chan struct{})
	go func() { // ends when p has ended, as Stop makes sure
		defer close(done)
		if e.stdout, e.err = io.ReadAll(p.Stdout); IsEOF(e.err) {
			e.err = nil
		}
		e.status = p.Wait()
	}()
	go func() { // ends after the other; every test receives the result
		p.Stop(extra, done)
		result <- e
	}()
	return result
}

// TestStopLadder: each rung is tried, in its order, until one ends the process.
func TestStopLadder(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: it waits for each step of the ladder")
	}
	t.Parallel()
	for _, test := range []struct {
		obeys, events string
		status        Status
	}{
		{"EOF", "EOF", Status{}},
		{"SIGINT", "EOF SIGINT", Status{}},
		{"SIGTERM", "EOF SIGINT SIGTERM", Status{}},
		{"nothing", "EOF SIGINT SIGTERM", Status{Code: -1, Signal: "SIGKILL"}},
	} {
		for _, pty := range terminals() {
			c := play("stubborn", test.obeys)
			c.PTY = pty
			p := start(t, c)
			expect(t, p.Stdout, "ready\n")
			result := stop(p)
			defer func() {
				e := <-result
				events := strings.Join(strings.Fields(string(e.stdout)), " ")
				if events != test.events || e.err != nil || e.status != test.status {
					t.Errorf("obeying %s, terminal %t: %s, %v, %v", test.obeys, pty, events, e.err, e.status)
				}
			}()
		}
	}
}

// TestStopAddsExtra: without the extra time, this ladder would kill at once; with
// it, all rungs but EOF are out of reach, and what ends the process is this test.
func TestStopAddsExtra(t *testing.T) {
	own := ladder
	ladder = []rung{{0, syscall.SIGINT}, {0, syscall.SIGTERM}, {0, syscall.SIGKILL}}
	defer func() { ladder = own }()
	p := start(t, play("stubborn", "SIGUSR1"))
	out := bufio.NewReader(p.Stdout)
	expect(t, out, "ready\n")
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() { // ends when done is closed; waited for below
		defer close(stopped)
		p.Stop(time.Hour, done)
	}()
	expect(t, out, "EOF\n")
	p.Signal(syscall.SIGUSR1)
	if rest, err := io.ReadAll(out); string(rest) != "SIGUSR1\n" || err != nil {
		t.Errorf("events were %q, %v", rest, err)
	}
	if status := p.Wait(); !status.OK() {
		t.Error(status)
	}
	close(done)
	<-stopped
}

// TestHurry: the extra time of Stop is cut, in progress and to come, and so is a
// Write.
func TestHurry(t *testing.T) {
	p := start(t, play("stubborn", "SIGTERM"))
	expect(t, p.Stdout, "ready\n")
	result := stopAfter(time.Hour, p)
	deaf := start(t, play("late"))
	expect(t, deaf.Stdout, "ready\n")
	fed := write(deaf, make([]byte, 1<<20))
	for range 2 {
		p.Hurry()
		deaf.Hurry()
	}
	if w := <-fed; !errors.Is(w.err, os.ErrDeadlineExceeded) {
		t.Errorf("Write gave %d, %v", w.n, w.err)
	}
	if e := <-stopAfter(time.Hour, deaf); e.status.Signal != "SIGINT" {
		t.Error(e.status)
	}
	if e := <-result; string(e.stdout) != "EOF\nSIGINT\nSIGTERM\n" || !e.status.OK() {
		t.Errorf("events were %q, %v", e.stdout, e.status)
	}
}

// TestStopEndsBlockedWrite: a process that takes no input is stopped while a
// Write is blocked.
func TestStopEndsBlockedWrite(t *testing.T) {
	for _, pty := range terminals() {
		c := play("late")
		c.PTY = pty
		p := start(t, c)
		expect(t, p.Stdout, "ready\n")
		fed := write(p, make([]byte, 1<<20))
		result := stop(p)
		defer func() {
			if e := <-result; e.err != nil || e.status.OK() {
				t.Errorf("%+v", e)
			}
			if w := <-fed; w.err == nil {
				t.Errorf("Write of %d bytes succeeded", w.n)
			}
		}()
	}
}

// TestStopAfterExit: there is nothing left to do.
func TestStopAfterExit(t *testing.T) {
	p := start(t, play("exit", "4"))
	e := drain(p)
	done := make(chan struct{})
	close(done)
	p.Stop(time.Hour, done)
	if e.status.Code != 4 {
		t.Error(e.status)
	}
}

// TestStopEndsGroup: what a shell has left running is ended with it, also when
// the shell itself is gone. Only then does the output end.
func TestStopEndsGroup(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: it waits for each step of the ladder")
	}
	t.Parallel()
	tool(t, "sleep")
	for name, script := range map[string]string{
		"a shell that waits":     "sleep 1000 & echo ready; wait",
		"a shell that is gone":   "sleep 1000 & echo ready",
		"ignoring SIGTERM":       "trap '' TERM; sleep 1000 & echo ready",
		"a pipeline":             "sleep 1000 | sleep 1000 | cat & echo ready; cat",
		"a shell below a shell":  "(sleep 1000 & echo ready; wait; echo not reached) & wait",
		"ignoring what it can":   "trap '' INT TERM HUP; echo ready; sleep 1000; sleep 1000",
		"input nobody reads":     "echo ready; sleep 1000 <&0",
		"stderr is none of this": "exec 2>&-; sleep 1000 & echo ready",
	} {
		for _, pty := range terminals() {
			c := sh(t, script)
			c.PTY = pty
			p := start(t, c)
			expect(t, p.Stdout, "ready\n")
			result := stop(p)
			defer func() {
				if e := <-result; e.err != nil || len(e.stdout) > 0 {
					t.Errorf("%s, terminal %t: stdout ended with %q, %v", name, pty, e.stdout, e.err)
				}
			}()
		}
	}
}

// TestStopAbandons: a process that has left the group and holds the streams open
// is out of reach. Stop returns all the same.
func TestStopAbandons(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: it waits for each step of the ladder")
	}
	t.Parallel()
	tool(t, "setsid")
	for _, pty := range terminals() {
		c := sh(t, "trap '' HUP; setsid sleep 1000 & echo $!; cat")
		c.PTY = pty
		p := start(t, c)
		line := make([]byte, 20)
		n, err := p.Stdout.Read(line)
		if err != nil {
			t.Fatal(err)
		}
		escaped, err := strconv.Atoi(strings.TrimSpace(string(line[:n])))
		if err != nil {
			t.Fatal(err)
		}
		defer syscall.Kill(escaped, syscall.SIGKILL)
		result := stop(p)
		defer func() {
			e := <-result
			_, err := p.Stderr.Read(line)
			if !errors.Is(e.err, os.ErrDeadlineExceeded) || !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("terminal %t: stdout ended with %v, stderr with %v", pty, e.err, err)
			}
			if !e.status.OK() {
				t.Error(e.status)
			}
			if err := syscall.Kill(escaped, 0); err != nil {
				t.Errorf("the process that left should be alive: %v", err)
			}
		}()
	}
}
