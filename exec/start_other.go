//go:build !linux

package exec

import "os"

// openPipe is os.Pipe here.
func openPipe(int) (r, w *os.File, err error) { return os.Pipe() }

// startProcess lets the process inherit the signal mask of the thread that forks
// it, and descriptors that this process was itself started with. The handle is
// needed to wait for it.
func startProcess(name string, argv []string, attr *os.ProcAttr) (pid int, handle *os.Process, err error) {
	handle, err = os.StartProcess(name, argv, attr)
	if err != nil {
		return 0, nil, err
	}
	return handle.Pid, handle, nil
}
