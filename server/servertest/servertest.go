// Package servertest is for tests only: a strict WebSocket client, a wsd that
// runs as a process, its log as events, and certificates. It imports nothing that
// it tests, so it makes and reads frames with its own code.
//
// Everything waits for events. Patience bounds each wait, and ends nothing but a
// hang. A function that takes a testing.TB fails the test instead of returning an
// error, so only the test's own goroutine may call it.
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

// Tool returns the path of a program that a test needs. Without it the test is
// skipped, or fails in CI. Servers may be in a folder that only root has in PATH.
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

// Missing skips a test that needs what is missing; in CI the test fails.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing", what)
	}
	t.Skipf("%s is missing", what)
}

// Dir returns a folder that is removed after the test. Unlike with t.TempDir,
// every user may enter it, and its path is short enough for a Unix socket in it.
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

// Replace gives a file new text by renaming, which is how a file in use is
// replaced.
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

// Pair returns both ends of a new TCP connection. The caller closes them.
func Pair(t testing.TB) (near, far *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return client.(*net.TCPConn), server.(*net.TCPConn)
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
