//go:build !linux

package servertest

// children returns nil: this platform does not list them.
func (p *Process) children() map[int]string { return nil }

func startOf(int) string { return "" }
