package exec

import (
	"os"

	"golang.org/x/sys/unix"
)

// reap waits until the process has exited and then reaps it, with no signal in
// between: up to then its number is its own.
func (p *Process) reap() (*os.ProcessState, error) {
	awaitExit(p.pid)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reaped = true
	proc, err := os.FindProcess(p.pid)
	if err != nil {
		return nil, err
	}
	return proc.Wait()
}

// keepHandle releases proc, whose handle is a descriptor: ten thousand processes
// need none while they run. Until it is reaped, a child's number is its own.
func keepHandle(proc *os.Process) *os.Process {
	proc.Release()
	return nil
}

// awaitExit returns once the child pid can be reaped at once.
func awaitExit(pid int) {
	pollExit(pid)
	var info unix.Siginfo
	for unix.Waitid(unix.P_PID, pid, &info, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
	}
}

// pollExit waits for the exit of the child pid on a pidfd, by way of the
// runtime's poller, since a blocked waitid(2) would hold a thread. It returns early
// where that is not possible: before Linux 5.4, or out of descriptors.
func pollExit(pid int) {
	pidfd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return
	}
	if unix.SetNonblock(pidfd, true) != nil {
		unix.Close(pidfd)
		return
	}
	f := os.NewFile(uintptr(pidfd), "pidfd")
	defer f.Close()
	if raw, err := f.SyscallConn(); err == nil {
		raw.Read(func(fd uintptr) bool { return hasExited(int(fd)) })
	}
}

// hasExited asks without reaping. It reports true for an error, too, which the
// reaping will meet again.
func hasExited(pidfd int) bool {
	var info unix.Siginfo
	err := unix.Waitid(unix.P_PIDFD, pidfd, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
	if err == unix.EAGAIN || err == unix.EINTR {
		return false
	}
	return err != nil || info.Signo != 0
}
