package faults_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A tally is what a process holds, as the kernel counts it.
type tally struct {
	children    []int          // processes that it has started, reaped ones aside
	descriptors map[string]int // number of each kind: "socket", "pipe", or a path
	threads     int
	resident    int // bytes of memory
}

// tally counts what the daemon holds now.
func (d *daemon) tally() tally {
	d.t.Helper()
	return tally{
		children:    d.children(),
		descriptors: d.descriptors(),
		threads:     d.status("Threads"),
		resident:    d.status("VmRSS") << 10,
	}
}

// children are the daemon's own, among all processes.
func (d *daemon) children() (children []int) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		d.t.Fatal(err)
	}
	for _, stat := range stats {
		if fields := statFields(stat); len(fields) > 1 && fields[1] == strconv.Itoa(d.pid()) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(stat)))
			children = append(children, pid)
		}
	}
	slices.Sort(children)
	return children
}

// statFields are the fields of a file /proc/PID/stat from the state on; none if
// the process has just ended. The name before them may hold anything.
func statFields(stat string) []string {
	text, _ := os.ReadFile(stat)
	return strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
}

// state is a process's state, as in proc_pid_stat(5).
func state(t *testing.T, pid int) string {
	t.Helper()
	fields := statFields(fmt.Sprintf("/proc/%d/stat", pid))
	if len(fields) == 0 {
		t.Fatalf("process %d has ended", pid)
	}
	return fields[0]
}

// number is what tells one socket or pipe from another.
var number = regexp.MustCompile(`:\[\d+\]$`)

func (d *daemon) descriptors() map[string]int {
	d.t.Helper()
	kinds := map[string]int{}
	folder := fmt.Sprintf("/proc/%d/fd", d.pid())
	fds, err := os.ReadDir(folder)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, fd := range fds {
		// Of /sys are the runtimes' own, which look at processors now and then.
		if file, err := os.Readlink(filepath.Join(folder, fd.Name())); err == nil && !strings.HasPrefix(file, "/sys/") {
			kinds[number.ReplaceAllString(file, "")]++
		}
	}
	return kinds
}

// status is a number in /proc/PID/status.
func (d *daemon) status(name string) int {
	d.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.pid()))
	if err != nil {
		d.t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), name+":")
	var n int
	if _, err := fmt.Sscan(after, &n); err != nil {
		d.t.Fatalf("%s in %q: %v", name, text, err)
	}
	return n
}

// back waits until the daemon's children and descriptors are those of before.
// A client knows of a session's end a moment before all of it is gone, and the
// kernel tells nobody when a descriptor is closed: so this looks again and again.
func (d *daemon) back(before tally) {
	d.t.Helper()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	timeout := time.After(patience)
	for {
		now := d.tally()
		if slices.Equal(now.children, before.children) && maps.Equal(now.descriptors, before.descriptors) {
			return
		}
		select {
		case <-look.C:
		case <-timeout:
			d.t.Fatalf("wsd held %v, and now holds %v", before, now)
		}
	}
}
