package exec

import (
	"math"
	"os"
	"runtime"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// keepInherited marks the descriptors that this process was started with, so that
// they are closed in children. Once is enough, and cheaper, since it looks at every
// open descriptor: those opened later are marked by whoever opens them. Before
// Linux 5.11 it has no effect.
var keepInherited = sync.OnceFunc(func() {
	unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC)
})

// starting lets one process start at a time. Package syscall does so anyway, but
// only after a thread is locked: those that wait here hold none.
var starting sync.Mutex

// openPipe opens a pipe and lets the runtime's poller watch the end ours. The
// child's end blocks and is soon closed; os.Pipe would have the poller watch it as
// well.
func openPipe(ours int) (r, w *os.File, err error) {
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
		return nil, nil, os.NewSyscallError("pipe2", err)
	}
	// F_SETFL does not change whether the end reads or writes.
	if _, err := unix.FcntlInt(uintptr(ends[ours]), unix.F_SETFL, unix.O_NONBLOCK); err != nil {
		unix.Close(ends[reads])
		unix.Close(ends[writes])
		return nil, nil, os.NewSyscallError("fcntl", err)
	}
	return os.NewFile(uintptr(ends[reads]), "|0"), os.NewFile(uintptr(ends[writes]), "|1"), nil
}

// startProcess starts the process with no signal blocked, no ambient capability and
// no descriptor but attr.Files. It returns no handle, which would cost a descriptor: a
// pid is enough, since it can't be reused before the child is reaped.
//
// A process inherits the signal mask of the thread that forks it: if a server was
// started with signals blocked, no SIGTERM would reach its children. It would also
// inherit descriptors that this process was itself started with and knows nothing
// of; see keepInherited. And it would inherit ambient capabilities, which a service
// manager gives a server so that it may listen on port 80. Dropping them takes nothing
// from the thread itself, so they are not put back.
func startProcess(name string, argv []string, attr *os.ProcAttr) (pid int, handle *os.Process, err error) {
	keepInherited()
	starting.Lock()
	defer starting.Unlock()
	var current, none unix.Sigset_t
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, nil, &current); err == nil && current != none {
		unix.PthreadSigmask(unix.SIG_SETMASK, &none, nil)
		defer unix.PthreadSigmask(unix.SIG_SETMASK, &current, nil)
	}
	unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) // fails before Linux 4.3, which has none
	sys := &syscall.ProcAttr{Dir: attr.Dir, Env: attr.Env, Sys: attr.Sys}
	for _, f := range attr.Files {
		sys.Files = append(sys.Files, f.Fd())
	}
	pid, _, err = syscall.StartProcess(name, argv, sys)
	runtime.KeepAlive(attr) // or its files might be closed too early
	return pid, nil, err
}
