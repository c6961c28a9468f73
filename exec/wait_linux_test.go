package exec

import (
	"os"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// TestWaitHoldsNoThread: hundreds of processes that have closed stdout and go on
// are waited for by next to no threads.
func TestWaitHoldsNoThread(t *testing.T) {
	const many, few = 200, 20
	c := sh(t, "exec >&- 2>&-; read line; exit 3")
	processes := make([]*Process, many)
	for i := range processes {
		processes[i] = start(t, c)
	}
	before := threads(t)
	ended := make(chan Status, many)
	for _, p := range processes {
		if n, err := p.Stdout.Read(make([]byte, 1)); n != 0 || !IsEOF(err) {
			t.Fatalf("stdout is not closed: %d, %v", n, err)
		}
		go func() { ended <- p.Wait() }() // ends with the process; received below
	}
	awaitBlocked("awaitExit", many, "IO wait", "syscall")
	if more := threads(t) - before; more > few {
		t.Errorf("%d threads more for %d processes", more, many)
	}
	for _, p := range processes {
		p.Stdin.Close(0)
	}
	for range processes {
		if status := <-ended; status.Code != 3 {
			t.Error(status)
		}
	}
}

func threads(t *testing.T) int {
	t.Helper()
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	return len(tasks)
}

// TestExitBeforeWait: the process waits to be reaped, with its status.
func TestExitBeforeWait(t *testing.T) {
	p := start(t, play("exit", "9"))
	var info unix.Siginfo
	if err := unix.Waitid(unix.P_PID, p.PID(), &info, unix.WEXITED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
	if err := p.Signal(unix.SIGTERM); err != nil {
		t.Errorf("signalling a process that is not reaped yet: %v", err)
	}
	if status := p.Wait(); status.Code != 9 {
		t.Error(status)
	}
}

// TestRealTimeSignal: a signal without a name is told by its number.
func TestRealTimeSignal(t *testing.T) {
	p := start(t, &Command{Path: tool(t, "cat")})
	p.Signal(40)
	if status := p.Wait(); status.String() != "signal: "+strconv.Itoa(40) || status.OK() {
		t.Errorf("%+v", status)
	}
}

// TestAwaitExitWithoutDescriptors: Wait works when there is no descriptor left
// for a pidfd, and signals get through meanwhile.
func TestAwaitExitWithoutDescriptors(t *testing.T) {
	p := start(t, &Command{Path: tool(t, "cat")})
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	none := limit
	none.Cur = 0
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &none); err != nil {
		t.Fatal(err)
	}
	defer unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)
	ended := make(chan Status)
	go func() { ended <- p.Wait() }() // ends with the process; received below
	awaitBlocked("awaitExit", 1, "syscall")
	if err := p.Kill(); err != nil {
		t.Error(err)
	}
	if status := <-ended; status.Signal != "SIGKILL" {
		t.Error(status)
	}
}
