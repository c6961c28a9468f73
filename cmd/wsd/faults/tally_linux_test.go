package faults_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"wsd/server/servertest"
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
		children:    d.Children(),
		descriptors: d.descriptors(),
		threads:     d.Status("Threads"),
		resident:    d.Status("VmRSS") << 10,
	}
}

// number is what tells one socket or pipe from another.
var number = regexp.MustCompile(`:\[\d+\]$`)

func (d *daemon) descriptors() map[string]int {
	d.t.Helper()
	kinds := map[string]int{}
	folder := fmt.Sprintf("/proc/%d/fd", d.PID())
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

// back waits until the daemon's children and descriptors are those of before.
// A client knows of a session's end a moment before all of it is gone, and the
// kernel tells nobody when a descriptor is closed: so this looks again and again.
func (d *daemon) back(before tally) {
	d.t.Helper()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	timeout := time.After(servertest.Patience)
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
