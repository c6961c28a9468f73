//go:build unix

package server

import (
	"errors"
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
	if _, ok := answer(t, newStatic(dir, ""), "GET", "/pipe.cmd"); ok {
		t.Error("a named pipe was served")
	}
	if got, err := findScript(dir, "/pipe.cmd"); !errors.Is(err, errNotFound) {
		t.Errorf("findScript = %+v, %v, want errNotFound", got, err)
	}
}
