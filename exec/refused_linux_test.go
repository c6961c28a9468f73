package exec

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// TestForkRefused: when the kernel makes no more processes, Start says so and
// leaves nothing open.
func TestForkRefused(t *testing.T) {
	t.Parallel()
	e := run(t, play("unforkable"), nil)
	if e.status.Code == cannotFilter {
		t.Skipf("the kernel takes no filter: %s", e.stdout)
	}
	if !e.status.OK() {
		t.Errorf("%v\n%s%s", e.status, e.stdout, e.stderr)
	}
}

const cannotFilter = 77

// unforkable has the kernel refuse vfork, as if there were too many processes.
// RLIMIT_NPROC would do it, too, but not for root, and for threads as well.
func unforkable([]string) int {
	child := play("exit", "0")
	warmUp(child)
	warmUp(&Command{Path: child.Path, Args: child.Args, Env: child.Env, PTY: true})
	runtime.LockOSThread()
	if err := refuseFork(); err != nil {
		fmt.Println(err)
		return cannotFilter
	}
	for _, child.PTY = range terminals() {
		before := openDescriptors()
		_, err := child.Start()
		if !errors.Is(err, syscall.EAGAIN) {
			fmt.Println("terminal:", child.PTY, err)
			return 1
		}
		if after := openDescriptors(); !slices.Equal(before, after) {
			fmt.Println("descriptors were", before, "and are", after)
			return 1
		}
	}
	return 0
}

// refuseFork makes clone(CLONE_VFORK) fail in the calling thread from now on.
func refuseFork() error {
	const nr, firstArg = 0, 16 // in struct seccomp_data
	load := func(offset uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
	}
	answer := func(action uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: action}
	}
	program := []unix.SockFilter{
		load(nr),
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_CLONE, Jf: 3},
		load(firstArg),
		{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, K: unix.CLONE_VFORK, Jf: 1},
		answer(unix.SECCOMP_RET_ERRNO | uint32(unix.EAGAIN)),
		answer(unix.SECCOMP_RET_ALLOW),
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	filter := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&filter)), 0, 0)
	runtime.KeepAlive(program)
	return err
}
