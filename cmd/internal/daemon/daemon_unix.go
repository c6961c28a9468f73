//go:build unix

package daemon

import (
	"os"
	"os/exec"
	"syscall"
)

// ownGroup starts the command in a process group of its own.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// interrupt asks a process to end. One that has ended already is no error.
func interrupt(p *os.Process) { _ = p.Signal(syscall.SIGTERM) }

// killGroup kills the process that ownGroup was for, and its group. One that
// has ended already is no error.
func killGroup(p *os.Process) {
	_ = syscall.Kill(-p.Pid, syscall.SIGKILL)
	_ = p.Kill()
}
