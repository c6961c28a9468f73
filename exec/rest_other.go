//go:build unix && !linux

package exec

import "syscall"

// signalRest signals the group of a process that has been reaped, by its number,
// which nobody else gets as long as the group has a member.
func signalRest(p *Process, sig syscall.Signal) error { return syscall.Kill(-p.pid, sig) }
