package exec

import (
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// startProcess starts the process with no signal blocked. A process inherits
// the mask of the thread that forks it, and a server started by something that
// blocks signals would otherwise pass on children that no SIGTERM reaches.
// Handlers and ignored signals are reset by the runtime.
func startProcess(name string, argv []string, attr *os.ProcAttr) (*os.Process, error) {
	var current, none unix.Sigset_t
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, nil, &current); err != nil || current == none {
		return os.StartProcess(name, argv, attr)
	}
	unix.PthreadSigmask(unix.SIG_SETMASK, &none, nil)
	defer unix.PthreadSigmask(unix.SIG_SETMASK, &current, nil)
	return os.StartProcess(name, argv, attr)
}
