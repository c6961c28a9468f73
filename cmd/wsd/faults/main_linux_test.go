// Package faults_test provokes faults for real, on a wsd that runs as a process:
// of its clients, its backends, its log and its machine. Beside each fault runs a
// session that must notice none of it, and afterwards wsd must hold as many
// processes, descriptors, threads and goroutines as before, and no more memory.
package faults_test

import (
	"flag"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"wsd/exec/exectest"
	"wsd/server/servertest"
)

// TestMain makes this process the parent of whatever loses its own, so that a
// process that a backend has left behind is found as a leak.
func TestMain(m *testing.M) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		panic(err)
	}
	flag.Set("test.parallel", "8") // most of the tests wait, each for a wsd of its own
	exectest.Main(m, nil)
}

// needRoot skips a test of what only root can do.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		servertest.Missing(t, "root")
	}
}
