//go:build unix

package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"wsd/server/servertest"
)

// TestStopsPastReloads stops a server after more requests to reload than it has
// room for, with a password file that takes long to read, or, in the end, for ever.
func TestStopsPastReloads(t *testing.T) {
	file := filepath.Join(t.TempDir(), "users")
	servertest.Write(t, file, "user:$2y$05$"+strings.Repeat("a", 53)+"\n", 0o666)
	server := servertest.Serve(t, "--htpasswd="+file, "cat")
	server.Signal(syscall.SIGHUP)
	server.Log.Wait(t, "password file read again")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(file, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 12 {
		server.Signal(syscall.SIGHUP)
	}
	server.Signal(syscall.SIGTERM)
	if status := server.Wait(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

// TestStopsDuringStart stops a server that waits for its password file.
func TestStopsDuringStart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "users")
	if err := syscall.Mkfifo(file, 0o600); err != nil {
		t.Fatal(err)
	}
	server := servertest.Start(t, servertest.Command(t, "--port=0", "--address=127.0.0.1", "--htpasswd="+file, "cat"))
	pipe, err := os.OpenFile(file, os.O_WRONLY, 0) // once the server has opened it
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	server.Signal(syscall.SIGTERM)
	if status := server.Wait(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

// TestReadsPipeOnce serves with a password file that is a pipe, which somebody fills
// once.
func TestReadsPipeOnce(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "users")
	if err := syscall.Mkfifo(file, 0o600); err != nil {
		t.Fatal(err)
	}
	go os.WriteFile(file, []byte("user:$2y$05$"+strings.Repeat("a", 53)+"\n"), 0o600) // ends when it is read
	server := servertest.Serve(t, "--htpasswd="+file, "cat")
	resp, err := http.Get("http://" + server.Address())
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("GET / is answered %s", resp.Status)
	}
	server.Signal(syscall.SIGTERM)
	if status := server.Wait(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}
