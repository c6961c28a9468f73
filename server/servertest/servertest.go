// Package servertest is for tests only: a strict WebSocket client, a wsd that
// runs as a process, its log as events, and certificates. It imports nothing
// that it tests, so its frames are its own.
//
// Everything waits for events. Patience bounds each wait, and ends nothing but a
// hang. What takes a testing.TB fails the test instead of returning an error, so
// it belongs to the test's own goroutine.
package servertest

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Patience is how long a test waits for something that must happen. It says
// nothing about how long that may take.
const Patience = time.Minute

// Tool returns the path of a program that a test needs. A machine may do without,
// and the test is skipped; CI must not. Servers may be where only root's PATH
// leads.
func Tool(t testing.TB, name string) string {
	t.Helper()
	for _, place := range []string{name, "/usr/sbin/" + name} {
		if path, err := exec.LookPath(place); err == nil {
			return path
		}
	}
	Missing(t, name)
	return ""
}

// Missing skips a test that needs what is not here; in CI the test fails.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing", what)
	}
	t.Skipf("%s is missing", what)
}

// Dir returns a folder that is removed with the test. Other than t.TempDir, every
// user may enter it, and its path is short enough for a Unix socket in it.
func Dir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "wsd")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Write writes a file and returns its path. What will be executed is written by
// WriteProgram.
func Write(t testing.TB, file, text string, mode os.FileMode) string {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return file
}

// Replace gives a file new text by renaming, as one replaces a file that is in use.
func Replace(t testing.TB, file, text string) {
	t.Helper()
	Write(t, file+".new", text, 0o600)
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
}

// Read returns a file's text.
func Read(t testing.TB, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Connect opens a connection to host:port, or to the Unix socket at a path.
func Connect(t testing.TB, address string) net.Conn {
	t.Helper()
	network := "tcp"
	if filepath.IsAbs(address) {
		network = "unix"
	}
	conn, err := net.DialTimeout(network, address, Patience)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}
