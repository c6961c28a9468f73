//go:build unix

package files

import (
	"path/filepath"
	"syscall"
	"testing"
)

// TestFIFO has a named pipe where a file would be. Opening it would wait for a
// writer that never comes.
func TestFIFO(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.cmd"), 0o755); err != nil {
		t.Skipf("mkfifo: %v", err)
	}
	if _, ok := answer(t, &Static{Dir: dir}, "GET", "/pipe.cmd"); ok {
		t.Error("a named pipe was served")
	}
	if found, err := Locate(dir, []string{"pipe.cmd"}); err != nil || IsExecutable(found.Info) {
		t.Errorf("a named pipe passes for a program (%v)", err)
	}
}
