//go:build !linux

package exec

import "os"

// startProcess leaves the process the signal mask of the thread that forks it,
// and descriptors that this process was itself started with.
func startProcess(name string, argv []string, attr *os.ProcAttr) (*os.Process, error) {
	return os.StartProcess(name, argv, attr)
}
