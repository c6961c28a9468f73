//go:build !linux

package exec

import "syscall"

// reap waits for the process and reaps it in one call, which holds a thread: the
// runtime's poller can't watch a process here. Signals must reach the process all
// that time, so mu is not held. One that is sent after the reaping but before
// reaped is set goes to a pid that is free or, if it was reused at once, belongs to
// another process.
func (p *Process) reap() (Status, error) {
	state, err := p.handle.Wait()
	p.setReaped(false)
	if err == nil {
		p.mu.Lock()
		p.cpu = state.UserTime() + state.SystemTime()
		p.mu.Unlock()
	}
	p.Signal(syscall.SIGTERM)
	p.endRest()
	p.setReaped(true)
	if err != nil {
		return Status{}, err
	}
	return statusOf(state.Sys().(syscall.WaitStatus)), nil
}

// setReaped notes that the process has been reaped, and whether its group has ended.
func (p *Process) setReaped(over bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reaped, p.over = true, over
}
