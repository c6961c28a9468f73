//go:build unix

package daemon

import (
	"os"
	"os/exec"
	"syscall"
)

// ownGroup starts the command in a process group of its own.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// interrupt asks a process to end. It may have ended already.
func interrupt(p *os.Process) { _ = p.Signal(syscall.SIGTERM) }

// killGroup kills a process that ownGroup was for, and its group. They may have
// ended already.
func killGroup(p *os.Process) {
	_ = syscall.Kill(-p.Pid, syscall.SIGKILL)
	_ = p.Kill()
}
