package exec

import (
	"math"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// startProcess starts the process with no signal blocked and with no descriptor
// but attr.Files.
//
// A process inherits the mask of the thread that forks it: a server started by
// something that blocks signals would pass on children that no SIGTERM reaches.
// It also inherits what this process was itself started with and knows nothing
// of, so all of that is marked to be closed; this process keeps it. Before Linux
// 5.11 that can't be done, and nothing is.
func startProcess(name string, argv []string, attr *os.ProcAttr) (*os.Process, error) {
	unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC)
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
