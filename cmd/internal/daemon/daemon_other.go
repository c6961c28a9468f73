//go:build !unix

package daemon

import (
	"os"
	"os/exec"
)

// ownGroup does nothing here: there are no process groups to signal.
func ownGroup(*exec.Cmd) {}

// interrupt kills: a process without a console can't be asked.
func interrupt(p *os.Process) { _ = p.Kill() }

// killGroup kills the process; its backends end when their stdin does.
func killGroup(p *os.Process) { _ = p.Kill() }
