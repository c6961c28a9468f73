package servertest

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Children are the ids of the processes that p has started and not reaped.
func (p *Process) Children() []int { return slices.Sorted(maps.Keys(p.children())) }

// children are p's children, and when each was started.
func (p *Process) children() map[int]string {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	children := map[int]string{}
	for _, stat := range stats {
		if fields := statFields(stat); len(fields) > 1 && fields[1] == strconv.Itoa(p.PID()) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(stat)))
			children[pid] = fields[19]
		}
	}
	return children
}

// startOf is when a process was started, or "" if there is none.
func startOf(pid int) string {
	if fields := statFields(fmt.Sprintf("/proc/%d/stat", pid)); len(fields) > 0 {
		return fields[19]
	}
	return ""
}

// State is a process's state, as in proc_pid_stat(5).
func State(t testing.TB, pid int) string {
	t.Helper()
	fields := statFields(fmt.Sprintf("/proc/%d/stat", pid))
	if len(fields) == 0 {
		t.Fatalf("process %d has ended", pid)
	}
	return fields[0]
}

// statFields are the fields of a file /proc/PID/stat from the state on; none if
// the process has just ended. The name before them may contain anything.
func statFields(stat string) []string {
	text, _ := os.ReadFile(stat)
	return strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
}

// Status is a number in /proc/PID/status, such as that of VmRSS in KiB.
func (p *Process) Status(name string) int {
	p.t.Helper()
	_, after, _ := strings.Cut(Read(p.t, fmt.Sprintf("/proc/%d/status", p.PID())), "\n"+name+":")
	var n int
	if _, err := fmt.Sscan(after, &n); err != nil {
		p.t.Fatalf("%s of process %d: %v", name, p.PID(), err)
	}
	return n
}
