package systemd_test

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"wsd/server/servertest"
)

// testUnits has systemd read the units that are shipped, with the path of a wsd
// that is there.
func testUnits(t *testing.T) {
	analyze := servertest.Tool(t, "systemd-analyze")
	dir := t.TempDir()
	var units []string
	for _, name := range []string{"wsd.service", "wsd.socket"} {
		filled := strings.ReplaceAll(servertest.Read(t, name), "ExecStart=/usr/bin/wsd ", "ExecStart="+servertest.Build(t)+" ")
		units = append(units, servertest.Write(t, filepath.Join(dir, name), filled, 0o666))
	}
	t.Run("verify", func(t *testing.T) {
		args := append([]string{"verify", "--man=no", "--recursive-errors=no"}, units...)
		if out, err := exec.Command(analyze, args...).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("systemd-analyze verify: %v\n%s", err, out)
		}
	})
	// The score is from 0, for a service that can do nothing, to 10; the
	// threshold is ten times as much.
	t.Run("security", func(t *testing.T) {
		out, err := exec.Command(analyze, "security", "--offline=yes", "--no-pager", "--threshold=20", units[0]).CombinedOutput()
		if err != nil {
			t.Errorf("systemd-analyze security: %v\n%s", err, out)
		}
	})
}

// testRestart has the status that the unit does not restart wsd after be that of a
// wrong command line, and not that of a crash: with SIGABRT, the watchdog's, a Go
// program ends as it does when it crashes by itself.
func testRestart(t *testing.T) {
	_, after, _ := strings.Cut(servertest.Read(t, "wsd.service"), "\nRestartPreventExitStatus=")
	final, _, _ := strings.Cut(after, "\n")
	usage := servertest.Start(t, servertest.Command(t, "--prot=0", "cat")).Wait()
	crashing := servertest.Serve(t, "cat")
	crashing.Signal(syscall.SIGABRT)
	if crash := crashing.Wait(); final != strconv.Itoa(usage) || final == strconv.Itoa(crash) {
		t.Errorf("RestartPreventExitStatus=%s; a wrong command line exits with %d, a crash with %d", final, usage, crash)
	}
}
