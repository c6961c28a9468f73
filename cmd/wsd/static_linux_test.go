package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// TestStatic has "make build" make wsd, and runs it in a root folder in which there
// is only that and a page: no library, no loader, no /etc, no /dev. It becomes
// another user and is its own backend.
func TestStatic(t *testing.T) {
	if !isRoot() {
		t.Skip("only root can change the root folder") // .ci/run runs it as root
	}
	if testing.Short() {
		t.Skip("slow: it builds wsd anew")
	}
	root := t.TempDir()
	building := exec.Command("make", "-C", "../..", "build", "WSD="+filepath.Join(root, "wsd"), "VERSION=1.2.3")
	building.Env = append(os.Environ(), "MAKEFLAGS=") // those of a make test are not for it
	if out, err := building.CombinedOutput(); errors.Is(err, exec.ErrNotFound) && os.Getenv("CI") != "true" {
		t.Skip("no make")
	} else if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.WriteFile(filepath.Join(root, "page"), []byte("a page\n"), 0o644); err != nil {
		t.Fatal(err)
	}

	wsd := exec.CommandContext(t.Context(), "/wsd", "--address=127.0.0.1:0", "--user=65534:65534", "--reverselookup",
		"--staticdir=/", "/wsd", "--version")
	wsd.Dir = "/"
	wsd.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
	log, err := wsd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := wsd.Start(); err != nil {
		t.Fatal(err)
	}
	first, _ := bufio.NewReader(log).ReadString('\n')
	address := regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(first)
	if address == "" {
		t.Fatalf("it listens nowhere: %q, %v", first, wsd.Wait())
	}

	response, err := http.Get("http://" + address + "/page")
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(response.Body)
	response.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	if string(page) != "a page\n" {
		t.Errorf("the page is %q, %v", page, err)
	}
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", address)
	answer, err := bufio.NewReader(conn).ReadString(')')
	conn.Close()
	if !strings.Contains(answer, "wsd 1.2.3 (") {
		t.Errorf("the backend says %q, %v", answer, err)
	}

	if err := wsd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if err := wsd.Wait(); err != nil {
		t.Error(err)
	}
}
