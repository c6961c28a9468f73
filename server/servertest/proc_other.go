//go:build !linux

package servertest

// children can't be answered on this platform.
func (p *Process) children() map[int]string { return nil }

func startOf(int) string { return "" }
