package exec

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// reap waits until the process has exited and then reaps it, while no signal can be
// sent: until then no other process can get its pid.
func (p *Process) reap() (Status, error) {
	awaitExit(p.pid)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reaped = true
	var status syscall.WaitStatus
	for {
		_, err := syscall.Wait4(p.pid, &status, 0, nil)
		if err != syscall.EINTR {
			return statusOf(status), err
		}
	}
}

// awaitExit returns once the child pid can be reaped without waiting. It is called
// after stdout has ended, so the child has most often exited already.
func awaitExit(pid int) {
	if hasExited(unix.P_PID, pid) {
		return
	}
	pollExit(pid)
	var info unix.Siginfo
	for unix.Waitid(unix.P_PID, pid, &info, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
	}
}

// pollExit waits for the exit of the child pid on a pidfd, through the runtime's
// poller, since a blocked waitid(2) would hold a thread. It returns early where
// that is not possible: before Linux 5.10, or when there is no descriptor left.
func pollExit(pid int) {
	pidfd, err := unix.PidfdOpen(pid, unix.PIDFD_NONBLOCK)
	if err != nil {
		return
	}
	f := os.NewFile(uintptr(pidfd), "pidfd")
	defer f.Close()
	if raw, err := f.SyscallConn(); err == nil {
		raw.Read(func(fd uintptr) bool { return hasExited(unix.P_PIDFD, int(fd)) })
	}
}

// hasExited asks without reaping. It also reports true for an error, which reaping
// will meet again.
func hasExited(kind, id int) bool {
	var info unix.Siginfo
	err := unix.Waitid(kind, id, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
	if err == unix.EAGAIN || err == unix.EINTR {
		return false
	}
	return err != nil || info.Signo != 0
}
