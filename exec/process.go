package exec

import (
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"
)

// Process is a running backend and this side's ends of its streams.
type Process struct {
	Stdin *Input
	// Stdout and Stderr are read until EOF by whoever owns the Process. Reading
	// a terminal whose process is gone gives an error for which IsEOF is true.
	Stdout, Stderr *os.File

	proc *os.Process

	mu     sync.Mutex // orders signals before the reaping of the process
	reaped bool
}

// PID is the process's id, and the id of its group.
func (p *Process) PID() int { return p.proc.Pid }

// Wait blocks until the process has exited, reaps it, and tells how it ended.
// It is called once. While it waits it holds no thread where the platform
// allows, so that ten thousand of them cost nothing. Processes that the backend
// started may outlive it and hold its streams open.
func (p *Process) Wait() Status {
	awaitExit(p.proc)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reaped = true
	state, err := p.proc.Wait()
	if err != nil {
		return Status{Err: fmt.Errorf("waiting for process %d: %w", p.proc.Pid, err)}
	}
	return statusOf(state)
}

// Signal sends sig to the whole process group. After Wait it does nothing: the
// number may belong to somebody else by then.
func (p *Process) Signal(sig syscall.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reaped {
		return os.ErrProcessDone
	}
	return signalGroup(p.proc, sig)
}

// Kill ends the whole process group at once.
func (p *Process) Kill() error { return p.Signal(syscall.SIGKILL) }

// Release closes this side's ends of the streams. It is called last.
func (p *Process) Release() {
	p.Stdin.Close(0)
	p.Stdout.Close() // the same file as Stdin's where that is a terminal
	p.Stderr.Close()
}

// Status tells how a process ended.
type Status struct {
	// Code is the exit status, or -1 when a signal ended the process.
	Code int
	// Signal is the name of that signal, such as SIGKILL.
	Signal string
	// Err is set when it could not be found out.
	Err error
}

// OK reports an exit with status 0.
func (s Status) OK() bool { return s.Code == 0 && s.Signal == "" && s.Err == nil }

// String is "exit status 3" or "signal: SIGKILL": short enough for the reason
// in a close frame.
func (s Status) String() string {
	switch {
	case s.Err != nil:
		return "exit status unknown"
	case s.Signal != "":
		return "signal: " + s.Signal
	default:
		return fmt.Sprintf("exit status %d", s.Code)
	}
}

// rung is one step of the ladder: how long the process is waited for, and what
// it gets when it is still there.
type rung struct {
	wait   time.Duration
	signal syscall.Signal
}

// afterKill is how long streams may stay open once the group has been killed.
// Only a process that has left the group can hold them longer.
const afterKill = 250 * time.Millisecond

// Stop ends the process: EOF on its stdin, then the signals of the ladder to
// its group, each after its wait and extra more. Stop returns when done is
// closed, which its caller does once stdout has been read to its end and Wait
// has returned; at the ladder's end it makes a reader of Stdout give up, so
// that this is bound to happen.
func (p *Process) Stop(extra time.Duration, done <-chan struct{}) {
	start := time.Now()
	p.Stdin.Close(ladder[0].wait + extra)
	for _, r := range ladder {
		start = start.Add(r.wait + extra)
		if waitUntil(start, done) {
			return
		}
		p.Signal(r.signal)
	}
	if waitUntil(time.Now().Add(afterKill), done) {
		return
	}
	p.Abandon()
	<-done
}

// Abandon makes reads of Stdout and Stderr fail from now on, whoever else still
// holds the other ends.
func (p *Process) Abandon() {
	p.Stdout.SetReadDeadline(time.Now())
	p.Stderr.SetReadDeadline(time.Now())
}

// waitUntil reports whether done was closed before the moment t.
func waitUntil(t time.Time, done <-chan struct{}) bool {
	timer := time.NewTimer(time.Until(t))
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}
