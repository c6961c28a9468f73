// Package faults_test provokes faults for real, on a wsd that runs as a process:
// of its clients, its backends, its log and its machine. Beside each fault runs a
// session that must notice none of it, and afterwards wsd must hold as many
// processes, descriptors, threads and goroutines as before, and no more memory.
package faults_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"wsd/exec/exectest"
)

// patience bounds each wait of a test. What is awaited comes long before.
const patience = 30 * time.Second

// TestMain makes this process the parent of whatever loses its own, so that a
// process that a backend has left behind is found as a leak.
func TestMain(m *testing.M) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		panic(err)
	}
	exectest.Main(m, backends)
}

// build builds wsd, with the race detector if the tests have it, beside the test
// binary, whose folder go test removes.
var build = sync.OnceValues(func() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	wsd := filepath.Join(filepath.Dir(self), "wsd-with-faults")
	out, err := exec.Command("go", "build", "-race="+strconv.FormatBool(race), "-o", wsd, "wsd/cmd/wsd").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building wsd: %w\n%s", err, out)
	}
	return wsd, nil
})

// missing skips a test that needs something that is not here.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing", what)
	}
	t.Skipf("%s is missing", what)
}

// needRoot skips a test of what only root can do.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		missing(t, "root")
	}
}
