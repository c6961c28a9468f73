//go:build unix

package exec

import (
	"os"
	"testing"
)

// added reports a variable that the platform gives to every process.
func added(string) bool { return false }

// trivial is a program that does nothing, and that quickly.
func trivial(t testing.TB) *Command { return &Command{Path: tool(t, "true")} }

// tool is the path of a program that the test needs.
func tool(t testing.TB, name string) string {
	t.Helper()
	path, err := LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is needed: %v", name, err)
		}
		t.Skipf("%s is needed: %v", name, err)
	}
	return path
}

// sh is a shell that runs script.
func sh(t testing.TB, script string) *Command {
	return &Command{Path: tool(t, "sh"), Args: []string{"-c", script}, Env: []string{"PATH=" + os.Getenv("PATH")}}
}
