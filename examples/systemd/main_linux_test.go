package systemd_test

import (
	"testing"

	"wsd/exec/exectest"
)

func TestMain(m *testing.M) {
	exectest.Main(m, map[string]func([]string) int{"activate": activate})
}

// TestSystemd is what CI runs as root, too.
func TestSystemd(t *testing.T) {
	t.Run("Activation", testActivation)
	t.Run("Notify", testNotify)
	t.Run("User", testUser)
	t.Run("Journal", testJournal)
	t.Run("Units", testUnits)
	t.Run("Restart", testRestart)
}
