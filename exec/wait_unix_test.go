//go:build unix

package exec

import (
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestSignalNames(t *testing.T) {
	t.Parallel()
	for _, sig := range []syscall.Signal{
		syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGABRT, syscall.SIGKILL,
		syscall.SIGSEGV, syscall.SIGPIPE, syscall.SIGTERM, syscall.SIGUSR1,
	} {
		p := start(t, &Command{Path: tool(t, "cat")})
		if err := p.Signal(sig); err != nil {
			t.Error(err)
		}
		status := p.Wait()
		if want := (Status{Code: -1, Signal: unix.SignalName(sig)}); status != want || status.OK() {
			t.Errorf("%v gave %+v", sig, status)
		}
		if want := "signal: " + unix.SignalName(sig); status.String() != want {
			t.Errorf("%v gave %q", sig, status)
		}
	}
}

// TestSignalAfterWait: once the process has been reaped its number may be
// somebody else's, as it is made to be here.
func TestSignalAfterWait(t *testing.T) {
	gone := start(t, trivial(t))
	if status := gone.Wait(); !status.OK() {
		t.Fatal(status)
	}
	other := start(t, &Command{Path: tool(t, "cat")})
	gone.pid = other.pid
	for _, err := range []error{gone.Signal(syscall.SIGTERM), gone.Kill()} {
		if !errors.Is(err, os.ErrProcessDone) {
			t.Errorf("signalling gave %v", err)
		}
	}
	other.Stdin.Write([]byte("alive\n"))
	expect(t, other.Stdout, "alive\n")
}

// TestSignalAndWait: signals may be sent at any time while a Wait is going on.
func TestSignalAndWait(t *testing.T) {
	c := trivial(t)
	for range 30 {
		p := start(t, c)
		var signals sync.WaitGroup
		for range 4 {
			signals.Go(func() {
				for !errors.Is(p.Signal(syscall.SIGCONT), os.ErrProcessDone) {
				}
			})
		}
		if status := p.Wait(); !status.OK() {
			t.Error(status)
		}
		signals.Wait()
	}
}

// TestSignalReachesLeader: it can't join a group of its child's.
func TestSignalReachesLeader(t *testing.T) {
	const script = `$| = 1; pipe(R, W);
		my $child = fork // die; if (!$child) { setpgrp(0, 0); close W; <R>; exit }
		setpgrp($child, $child); print setpgrp(0, $child) ? "left\n" : "stays\n"; close R; <STDIN>`
	p := start(t, &Command{Path: tool(t, "perl"), Args: []string{"-e", script}})
	expect(t, p.Stdout, "stays\n")
	if err := p.Kill(); err != nil {
		t.Error(err)
	}
	if status := p.Wait(); status.Signal != "SIGKILL" {
		t.Error(status)
	}
}

// awaitStopped returns when the process is stopped by a signal.
func awaitStopped(t *testing.T, p *Process) {
	t.Helper()
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(p.PID(), &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
		t.Fatalf("not stopped: %v, %v", status, err)
	}
}

// TestWaitEndsGroup: what the process has left behind ends with it, though it holds
// none of the streams.
func TestWaitEndsGroup(t *testing.T) {
	t.Parallel()
	ps := tool(t, "ps")
	for name, script := range map[string]string{
		"obedient": "sleep 1000 >/dev/null 2>&1 & echo $!",
		"stubborn": "trap '' TERM; sleep 1000 >/dev/null 2>&1 & echo $!",
		"two":      "sleep 1000 >/dev/null 2>&1 & (trap '' TERM; exec sleep 1000 >/dev/null 2>&1) & echo $!",
	} {
		for _, pty := range terminals() {
			t.Run(fmt.Sprint(name, ", terminal ", pty), func(t *testing.T) {
				t.Parallel()
				c := sh(t, "trap '' HUP; "+script+"; exit 3")
				c.PTY = pty
				e := drain(start(t, c))
				if e.status.Code != 3 {
					t.Error(e.status)
				}
				pid := strings.TrimSpace(string(e.stdout))
				for { // a process that has been killed is there for a moment
					state, _ := osexec.Command(ps, "-o", "stat=", "-p", pid).Output()
					if text := strings.TrimSpace(string(state)); text == "" || text[0] == 'Z' {
						break
					}
				}
			})
		}
	}
}
