package exec

import (
	"math"
	"os"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"
)

// keepInherited marks what this process was started with to be closed in
// children. That is done once, since it looks at every open descriptor: those
// opened later are marked by whoever opens them. Before Linux 5.11 it can't be
// done, and nothing is.
var keepInherited = sync.OnceFunc(func() {
	unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC)
})

// starting lets one process start at a time, as package syscall does anyway, but
// before a thread is locked: many that wait hold no thread then.
var starting sync.Mutex

// startProcess starts the process with no signal blocked and with no descriptor
// but attr.Files.
//
// A process inherits the mask of the thread that forks it: a server started by
// something that blocks signals would pass on children that no SIGTERM reaches.
// It would also inherit what this process was itself started with and knows
// nothing of; see keepInherited.
func startProcess(name string, argv []string, attr *os.ProcAttr) (*os.Process, error) {
	keepInherited()
	starting.Lock()
	defer starting.Unlock()
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
