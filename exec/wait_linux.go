package exec

import (
	"os"

	"golang.org/x/sys/unix"
)

// awaitExit returns once the process can be reaped at once. It waits on the
// process's pidfd by way of the runtime's poller, since a blocked wait(2) would
// hold a thread. Where there is no pidfd (before Linux 5.4) it returns
// immediately, and the reaping blocks.
func awaitExit(p *os.Process) {
	pidfd := -1
	err := p.WithHandle(func(handle uintptr) {
		if !hasExited(int(handle)) {
			pidfd, _ = unix.FcntlInt(handle, unix.F_DUPFD_CLOEXEC, 0)
		}
	})
	if err != nil || pidfd < 0 {
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

// hasExited asks without reaping, so that the process's number stays its own.
func hasExited(pidfd int) bool {
	var info unix.Siginfo
	err := unix.Waitid(unix.P_PIDFD, pidfd, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
	if err == unix.EAGAIN || err == unix.EINTR {
		return false
	}
	return err != nil || info.Signo != 0 // an error is for the reaping to report
}
