package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
)

// folder holds what build has made, for all tests; TestMain removes it.
var folder string

// build builds the programs of this module, with the race detector if the tests
// have it, and wsd, into folder/bin, and copies the folder backends beside it, so
// that its scripts run as they are shipped. Without debug information, linking
// takes half the time.
var build = sync.OnceValue(func() (err error) {
	if folder, err = os.MkdirTemp("", "relay"); err != nil {
		return err
	}
	if err := os.CopyFS(filepath.Join(folder, "backends"), os.DirFS("backends")); err != nil {
		return err
	}
	bin := filepath.Join(folder, "bin") + string(filepath.Separator)
	for _, args := range [][]string{
		{"build", "-ldflags=-w", "-race=" + strconv.FormatBool(race), "-o", bin, "./..."},
		{"build", "-C", "../..", "-ldflags=-w", "-o", bin, "./cmd/wsd"},
	} {
		if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("go %q: %w\n%s", args, err, out)
		}
	}
	return nil
})

// program is the path of a program that build has made.
func program(t *testing.T, name string) string {
	t.Helper()
	if err := build(); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(folder, "bin", name)
}

// lookTool is the path of a tool. A machine may do without, but CI must not.
// Debian puts nats-server where only root's PATH leads.
func lookTool(t *testing.T, name string) string {
	t.Helper()
	for _, place := range []string{name, "/usr/sbin/" + name} {
		if tool, err := exec.LookPath(place); err == nil {
			return tool
		}
	}
	missing(t, name)
	return ""
}

// missing skips a test that needs something that is not here.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing", what)
	}
	t.Skipf("%s is missing", what)
}
