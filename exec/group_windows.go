package exec

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/windows"
)

// ladder has fewer rungs here: a console group knows one polite event, and then
// there is only termination.
var ladder = []rung{
	{Patience, syscall.SIGINT},
	{750 * time.Millisecond, syscall.SIGKILL},
}

func groupAttr(bool) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
}

// signalGroup sends CTRL_BREAK for everything milder than SIGKILL: unlike CTRL_C,
// it reaches a new group.
func signalGroup(p *Process, sig syscall.Signal) error {
	if sig == syscall.SIGKILL {
		return p.handle.Kill()
	}
	return windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, uint32(p.pid))
}

// signalRest reaches nobody: a group is not known by its number here once the
// process has ended.
func signalRest(*Process, syscall.Signal) error { return os.ErrProcessDone }

func (p *Process) reapAdopted() {}

func statusOf(status syscall.WaitStatus) Status {
	return Status{Code: status.ExitStatus()}
}
