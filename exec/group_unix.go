//go:build unix

package exec

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ladder is what a backend goes through that does not end by itself. The first
// wait is long: what the client sent before it left is worth a second.
var ladder = []rung{
	{time.Second, syscall.SIGINT},
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

func signalGroup(p *os.Process, sig syscall.Signal) error {
	return syscall.Kill(-p.Pid, sig)
}

func statusOf(state *os.ProcessState) Status {
	status := state.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return Status{Code: -1, Signal: unix.SignalName(status.Signal())}
	}
	return Status{Code: status.ExitStatus()}
}
