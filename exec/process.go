package exec

import (
	"errors"
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

	hurry, abandon     sync.Once
	hurried, abandoned chan struct{} // closed by Hurry and by Abandon

	mu     sync.Mutex // orders signals, the reaping of the process, and the end of its group
	reaped bool       // only others are left of the group
	over   bool       // the group has ended, or has been killed
	group  int        // Linux: a pidfd of the process, while reaped and not over
	cpu    time.Duration
}

// PID is the process's id, and the id of its group.
func (p *Process) PID() int { return p.pid }

// Wait blocks until the process has exited, reaps it, and returns how it ended. It
// is called once. Where the platform allows, it holds no thread while it waits, so
// that ten thousand calls cost nothing. What the process has left
// behind in its group is ended with it, by SIGTERM and, half a second later,
// SIGKILL; on Windows it stays.
//
// A process that is still there a moment after Abandon is given up: the status has
// the error ErrStays then, and the process is reaped whenever it ends.
func (p *Process) Wait() Status {
	ended := make(chan Status, 1)
	go func() { // ends with the process and its group; Wait waits for it unless it gives up
		status, err := p.reap()
		if err != nil {
			status = Status{Err: fmt.Errorf("waiting for process %d: %w", p.pid, err)}
		}
		ended <- status
	}()
	select {
	case status := <-ended:
		return status
	case <-p.abandoned:
	}
	patience := afterAbandon
	if errors.Is(p.Signal(0), syscall.EPERM) {
		patience = 0 // it has changed its user, and no signal reaches it
	}
	select {
	case status := <-ended:
		return status
	case <-time.After(patience):
		return Status{Err: fmt.Errorf("process %d: %w", p.pid, ErrStays)}
	}
}

// CPU is how much processor time the process has used, with those of its descendants
// that have been waited for. It is 0 until Wait has reaped the process.
func (p *Process) CPU() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cpu
}

// endRest returns when nobody is left in the group, which has got SIGTERM. It kills
// those who take too long.
func (p *Process) endRest() {
	deadline, killed := time.Now().Add(restTime), false
	for pause := time.Millisecond; p.Signal(0) == nil; pause = min(2*pause, 20*time.Millisecond) {
		if time.Now().After(deadline) {
			if killed {
				return // dead, but for a parent that does not reap them
			}
			p.Kill()
			deadline, killed, pause = time.Now().Add(afterKill), true, time.Millisecond
		}
		time.Sleep(pause)
		p.reapAdopted()
	}
}

// Signal sends sig to the whole process group. After Wait it does nothing: the
// number may belong to another process by then.
func (p *Process) Signal(sig syscall.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.over || p.pid <= 1: // kill(2) would signal other processes than a child
		return os.ErrProcessDone
	case p.reaped:
		return signalRest(p, sig)
	default:
		return signalGroup(p, sig)
	}
}

// Kill ends the whole process group at once.
func (p *Process) Kill() error { return p.Signal(syscall.SIGKILL) }

// Release closes this side's ends of the streams. It is called last.
func (p *Process) Release() {
	p.Stdin.Close(0)
	p.Stdin.file.Close() // may be open still
	p.Stdout.Close()     // the same file as Stdin's where that is a terminal
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

// afterAbandon is how much longer a process may take to end that has been killed: a
// busy machine is slow at that, too.
const afterAbandon = 2 * time.Second

// restTime is how long the processes that a process has left behind may take to end
// after SIGTERM.
const restTime = 500 * time.Millisecond

// ErrStays is the error of a process that did not end when it was killed: it runs
// as another user, or is stuck in the kernel.
var ErrStays = errors.New("it does not end, not even by SIGKILL")

// Stop ends the process: it closes its stdin, then sends the signals of the ladder
// to its group, each after its own wait plus extra; the first one at once if stdin
// can't be closed, see Input.Close. It returns when done is closed, which the caller
// does once stdout has been read to its end and Wait has returned. At the end of the
// ladder Stop makes reads of Stdout fail, so that this is bound to happen.
func (p *Process) Stop(extra time.Duration, done <-chan struct{}) {
	var closing sync.WaitGroup
	defer closing.Wait()
	noEOF := make(chan struct{})
	closing.Go(func() { // ends by then, or with the process
		if errors.Is(p.Stdin.Close(Patience+extra), os.ErrDeadlineExceeded) {
			close(noEOF)
		}
	})
	cut := noEOF
	for _, r := range ladder {
		if waitFor(r.wait, done, cut, nil) || waitFor(extra, done, cut, p.hurried) {
			return
		}
		p.Signal(r.signal)
		cut = nil
	}
	if waitFor(afterKill, done, nil, nil) {
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
// processes still hold the other ends, and makes Wait give up soon. It is called after
// Kill.
func (p *Process) Abandon() {
	p.abandon.Do(func() { close(p.abandoned) })
	for _, f := range []*os.File{p.Stdout, p.Stderr} {
		if f.SetReadDeadline(time.Now()) != nil {
			f.Close() // a file without deadlines: a pipe on Windows
		}
	}
}

// waitFor waits for done to be closed, until d has passed or cut or hurried is closed,
// and reports whether it was.
func waitFor(d time.Duration, done, cut, hurried <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-cut:
		return false
	case <-hurried:
		return false
	case <-timer.C:
		return false
	}
}
