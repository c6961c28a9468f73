package systemd_test

import (
	"testing"

	"wsd/exec/exectest"
)

func TestMain(m *testing.M) {
	exectest.Main(m, map[string]func([]string) int{"activate": activate})
}

// TestSystemd builds wsd once, for all that need one that runs.
func TestSystemd(t *testing.T) {
	wsd := build(t)
	t.Run("Activation", func(t *testing.T) { testActivation(t, wsd) })
	t.Run("Notify", func(t *testing.T) { testNotify(t, wsd) })
	t.Run("User", func(t *testing.T) { testUser(t, wsd) })
	t.Run("Journal", func(t *testing.T) { testJournal(t, wsd) })
	t.Run("Units", func(t *testing.T) { testUnits(t, wsd) })
}
