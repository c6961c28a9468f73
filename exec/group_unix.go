//go:build unix

package exec

import (
	"cmp"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ladder is what a backend goes through that does not end by itself. The first
// wait is long: what the client sent before it left is worth a second.
var ladder = []rung{
	{Patience, syscall.SIGINT},
	{250 * time.Millisecond, syscall.SIGTERM},
	{500 * time.Millisecond, syscall.SIGKILL},
}

// groupAttr makes the process the leader of a group of its own. With a terminal
// it leads a session instead, and so a group, and the terminal controls it.
func groupAttr(terminal bool) *syscall.SysProcAttr {
	if terminal {
		return &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
	}
	return &syscall.SysProcAttr{Setpgid: true}
}

// signalGroup signals the group that p was started as the leader of, and p where
// it has since gone over to another group.
func signalGroup(p *Process, sig syscall.Signal) error {
	err := syscall.Kill(-p.pid, sig)
	if group, errGroup := unix.Getpgid(p.pid); errGroup == nil && group != p.pid {
		return syscall.Kill(p.pid, sig)
	}
	return err
}

func statusOf(status syscall.WaitStatus) Status {
	if status.Signaled() {
		return Status{Code: -1, Signal: signalName(status.Signal())}
	}
	return Status{Code: status.ExitStatus()}
}

// signalName is the number of a signal that has no name: a real-time one.
func signalName(sig syscall.Signal) string {
	return cmp.Or(unix.SignalName(sig), strconv.Itoa(int(sig)))
}
