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

	pid    int
	handle *os.Process // nil where pid is enough

	hurry   sync.Once
	hurried chan struct{} // closed by Hurry

	mu     sync.Mutex // orders signals and the reaping of the process
	reaped bool
}

// PID is the process's id, and the id of its group.
func (p *Process) PID() int { return p.pid }

// Wait blocks until the process has exited, reaps it, and returns how it ended. It
// is called once. Where the platform allows, it holds no thread while it waits, so
// that ten thousand calls cost nothing. Processes that the backend started may
// outlive it and hold its streams open.
func (p *Process) Wait() Status {
	status, err := p.reap()
	if err != nil {
		return Status{Err: fmt.Errorf("waiting for process %d: %w", p.pid, err)}
	}
	return status
}

// Signal sends sig to the whole process group. After Wait it does nothing: the
// number may belong to another process by then.
func (p *Process) Signal(sig syscall.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reaped || p.pid <= 1 { // kill(2) would signal other processes than a child
		return os.ErrProcessDone
	}
	return signalGroup(p, sig)
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
	// Signal is the name of that signal, such as SIGKILL, or its number when it
	// has none.
	Signal string
	// Err is set when how it ended could not be found out.
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

// rung is one step of the ladder: how long to wait for the process, and the signal
// that it gets if it is still there.
type rung struct {
	wait   time.Duration
	signal syscall.Signal
}

// Patience is how long a process that is being stopped may take to read what is
// left on its stdin and to end by itself: the first wait of the ladder.
const Patience = time.Second

// afterKill is how long streams may stay open once the group has been killed.
// Only a process that has left the group can hold them longer.
const afterKill = 250 * time.Millisecond

// Stop ends the process: it closes its stdin, then sends the signals of the ladder
// to its group, each after its own wait plus extra. It returns when done is closed,
// which the caller does once stdout has been read to its end and Wait has returned.
// At the end of the ladder Stop makes reads of Stdout fail, so that this is bound
// to happen.
func (p *Process) Stop(extra time.Duration, done <-chan struct{}) {
	var closing sync.WaitGroup
	defer closing.Wait()
	closing.Go(func() { p.Stdin.Close(Patience + extra) }) // ends by then, or with the process
	for _, r := range ladder {
		if waitFor(r.wait, done, nil) || waitFor(extra, done, p.hurried) {
			return
		}
		p.Signal(r.signal)
	}
	if waitFor(afterKill, done, nil) {
		return
	}
	p.Abandon()
	<-done
}

// Hurry makes Stop skip its extra waits, in progress or still to come.
func (p *Process) Hurry() {
	p.hurry.Do(func() {
		close(p.hurried)
		p.Stdin.hurry()
	})
}

// Abandon makes reads of Stdout and Stderr fail from now on, even if other
// processes still hold the other ends.
func (p *Process) Abandon() {
	for _, f := range []*os.File{p.Stdout, p.Stderr} {
		if f.SetReadDeadline(time.Now()) != nil {
			f.Close() // a file without deadlines: a pipe on Windows
		}
	}
}

// waitFor waits for done to be closed, until d has passed or cut is closed, and
// reports whether it was.
func waitFor(d time.Duration, done, cut <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-cut:
		return false
	case <-timer.C:
		return false
	}
}
