package systemd_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// testUnits has systemd read the units that are shipped, with the path of a wsd
// that is there.
func testUnits(t *testing.T, wsd string) {
	analyze := tool(t, "systemd-analyze")
	dir := t.TempDir()
	var units []string
	for _, name := range []string{"wsd.service", "wsd.socket"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		unit := filepath.Join(dir, name)
		filled := strings.ReplaceAll(string(text), "ExecStart=/usr/bin/wsd ", "ExecStart="+wsd+" ")
		if err := os.WriteFile(unit, []byte(filled), 0o666); err != nil {
			t.Fatal(err)
		}
		units = append(units, unit)
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
