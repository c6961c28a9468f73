package exec

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// reap waits until the process has exited and then reaps it and ends its group.
// Up to the reaping its number is its own, and its group's.
func (p *Process) reap() (Status, error) {
	awaitExit(p.pid)
	status, err := p.reapLeader()
	p.endRest()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	unix.Close(p.group)
	return status, err
}

// reapLeader asks the others of the group to end, if there are any, and reaps the
// process.
func (p *Process) reapLeader() (Status, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.group, _ = unix.PidfdOpen(p.pid, 0)
	syscall.Kill(-p.pid, syscall.SIGTERM)
	p.reaped = true
	var status syscall.WaitStatus
	var usage syscall.Rusage
	for {
		_, err := syscall.Wait4(p.pid, &status, 0, &usage)
		if err != syscall.EINTR {
			p.cpu = time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
			return statusOf(status), err
		}
	}
}

// signalRest signals the group of a process that has been reaped. The pidfd stands
// for that group, whoever its number belongs to by now. Before Linux 6.9, or when no
// descriptor was left for it, the number must do, which nobody else gets as long as
// the group has a member.
func signalRest(p *Process, sig syscall.Signal) error {
	err := unix.PidfdSendSignal(p.group, sig, nil, unix.PIDFD_SIGNAL_PROCESS_GROUP)
	if err == unix.EINVAL || err == unix.EBADF || err == unix.ENOSYS {
		return syscall.Kill(-p.pid, sig)
	}
	return err
}

// awaitExit returns once the child pid can be reaped at once. Its stdout has
// ended, so that most often it has exited, too.
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
