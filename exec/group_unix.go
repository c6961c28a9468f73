//go:build unix

package exec

import (
	"cmp"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ladder is what a backend that does not end by itself goes through. The first wait
// is long, so that the backend can still take what the client sent before it left.
var ladder = []rung{
	{Patience, syscall.SIGINT},
	{250 * time.Millisecond, syscall.SIGTERM},
	{500 * time.Millisecond, syscall.SIGKILL},
}

// groupAttr makes the process the leader of a session of its own, and thus of a group.
// Its stdin is the controlling terminal if that is one, and otherwise it has none: in
// the background of the terminal that this process was started from, /dev/tty would
// stop it.
func groupAttr(terminal bool) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Setctty: terminal, Ctty: 0}
}

// signalGroup signals the group of p, which p can't have left, since it leads a session.
func signalGroup(p *Process, sig syscall.Signal) error { return syscall.Kill(-p.pid, sig) }

// reapAdopted reaps those of the group whose own parent has ended and whom this
// process has got instead: it is the first one of a container.
func (p *Process) reapAdopted() {
	for {
		if pid, err := syscall.Wait4(-p.pid, nil, syscall.WNOHANG, nil); pid <= 0 && err != syscall.EINTR {
			return
		}
	}
}

func statusOf(status syscall.WaitStatus) Status {
	if status.Signaled() {
		return Status{Code: -1, Signal: signalName(status.Signal())}
	}
	return Status{Code: status.ExitStatus()}
}

// signalName returns the name of sig, or its number if it has none, as for a
// real-time signal.
func signalName(sig syscall.Signal) string {
	return cmp.Or(unix.SignalName(sig), strconv.Itoa(int(sig)))
}
