package exec

import (
	"bytes"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"wsd/exec/exectest"
)

// TestInheritedIsNotPassedOn: a process that was started with signals ignored
// and blocked and with descriptors left open passes none of that on.
func TestInheritedIsNotPassedOn(t *testing.T) {
	t.Parallel()
	for _, caught := range []string{"", "caught"} {
		e := run(t, play("tainted", tool(t, "cat"), caught), nil)
		if !e.status.OK() || string(e.stdout) != "all is well\n" {
			t.Errorf("%v\n%s%s", e.status, e.stdout, e.stderr)
		}
	}
}

var (
	ignored = []syscall.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGPIPE, syscall.SIGTERM, syscall.SIGUSR2, syscall.SIGCHLD}
	blocked = []syscall.Signal{syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGINT}
)

// tainted becomes heir, whose inheritance it prepares.
func tainted(args []string) int {
	for _, s := range ignored {
		signal.Ignore(s)
	}
	var mask unix.Sigset_t
	for _, s := range blocked {
		mask.Val[0] |= 1 << (s - 1)
	}
	runtime.LockOSThread()
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &mask, nil); err != nil {
		panic(err)
	}
	if _, err := unix.Open(os.DevNull, unix.O_RDONLY, 0); err != nil { // not close-on-exec
		panic(err)
	}
	words := append(exectest.Backend("heir"), args...)
	panic(syscall.Exec(words[0], words, os.Environ()))
}

func maskOf(s syscall.Signal) uint64 { return 1 << (s - 1) }

// heir looks at what reaches a process, which is cat, its first argument. With a
// second one it catches a signal itself, as a server does.
func heir(args []string) int {
	if inherited := statusMask(os.Getpid(), "SigIgn"); inherited&maskOf(syscall.SIGHUP) == 0 || inherited&maskOf(syscall.SIGINT) == 0 {
		fmt.Printf("nothing was ignored: %x\n", inherited)
		return 1
	}
	if inherited := statusMask(unix.Gettid(), "SigBlk"); inherited&maskOf(syscall.SIGUSR1) == 0 {
		fmt.Printf("nothing was blocked: %x\n", inherited)
		return 1
	}
	if args[1] != "" {
		signal.Notify(make(chan os.Signal, 1), syscall.SIGINT, syscall.SIGTERM)
	}
	fmt.Println(startAndCheck(args[0]))
	return 0
}

// startAndCheck starts cat and looks at it once it runs.
func startAndCheck(cat string) string {
	p, err := (&Command{Path: cat}).Start()
	if err != nil {
		panic(err)
	}
	defer p.Release()
	b := make([]byte, 1)
	p.Stdin.Write(b)
	p.Stdout.Read(b) // the program runs
	result := checkHeritage(p.PID())
	p.Stdin.Close(0)
	if status := p.Wait(); !status.OK() {
		return status.String()
	}
	return result
}

func checkHeritage(pid int) string {
	if mask := statusMask(pid, "SigBlk"); mask != 0 {
		return fmt.Sprintf("blocked: %x", mask)
	}
	// The C library keeps 32 and 33 for itself; programs that make(1) starts have
	// them ignored, without effect.
	if mask := statusMask(pid, "SigIgn") &^ (maskOf(32) | maskOf(33)); mask != 0 {
		return fmt.Sprintf("ignored: %x", mask)
	}
	fds, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil || len(fds) != 3 {
		return fmt.Sprintf("descriptors: %v, %v", fds, err)
	}
	return "all is well"
}

// statusMask is a set of signals in /proc/tid/status.
func statusMask(tid int, name string) uint64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", tid))
	if err != nil {
		panic(err)
	}
	_, after, _ := bytes.Cut(status, []byte(name+":\t"))
	line, _, _ := bytes.Cut(after, []byte("\n"))
	mask, err := strconv.ParseUint(string(line), 16, 64)
	if err != nil {
		panic(err)
	}
	return mask
}

// TestIgnoredHere: a signal that this process ignores stays without effect on
// it, and is not ignored by its children.
func TestIgnoredHere(t *testing.T) {
	t.Parallel()
	e := run(t, play("ignoring", tool(t, "cat")), nil)
	if !e.status.OK() || string(e.stdout) != "all is well\n" {
		t.Errorf("%v\n%s%s", e.status, e.stdout, e.stderr)
	}
}

// ignoring is a server that ignores signals, and its children's heritage.
func ignoring(args []string) int {
	signals := []syscall.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGPIPE, syscall.SIGTERM}
	for _, s := range signals {
		signal.Ignore(s)
	}
	result := startAndCheck(args[0])
	for _, s := range signals {
		if err := unix.Kill(os.Getpid(), s); err != nil {
			panic(err)
		}
	}
	fmt.Println(result)
	return 0
}
