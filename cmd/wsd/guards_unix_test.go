//go:build unix

package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// adaFile is a password file with the user ada, whose password is "right", as
// htpasswd -B wrote it.
const adaFile = "ada:$2y$04$dpXIeUEbtaH2vK40Evw91.SP6RLdV5hzXBE9EXh4A5GMhyMv5j70K\n"

// asAda is the header of ada and her password.
const asAda = "Authorization: Basic YWRhOnJpZ2h0"

// testGuards runs wsd with a password file and a program that decides.
func testGuards(t *testing.T, wsd string) {
	t.Run("BadFile", func(t *testing.T) { testBadPasswordFile(t, wsd) })
	t.Run("Reload", func(t *testing.T) { testPasswordReload(t, wsd) })
	t.Run("AuthCommand", func(t *testing.T) { testAuthCommand(t, wsd) })
}

// write writes a file into the folder, and returns its path.
func write(t *testing.T, folder, name, content string, mode os.FileMode) string {
	t.Helper()
	file := filepath.Join(folder, name)
	if err := os.WriteFile(file, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	return file
}

func testBadPasswordFile(t *testing.T, wsd string) {
	folder := t.TempDir()
	plain := write(t, folder, "plain", "ada:hunter2\n", 0o600)
	empty := write(t, folder, "empty", "", 0o600)
	for file, want := range map[string]string{
		plain: "wsd: error: password file " + plain + ": line 1: the password of \"ada\" is no bcrypt hash\n" +
			"wsd: hint: only bcrypt is safe enough; write it anew with: htpasswd -B FILE USER\n",
		empty: "wsd: error: password file " + empty + ": it holds no user\n" +
			"wsd: hint: add one: htpasswd -B FILE USER\n",
		folder + "/none": "wsd: error: reading the password file: open " + folder + "/none: no such file or directory\n" +
			"wsd: hint: check the path, or make the file: htpasswd -B -c FILE USER\n",
		folder: "wsd: error: reading the password file: read " + folder + ": is a directory\n" +
			"wsd: hint: --htpasswd takes the path of a file that htpasswd(1) has written\n",
	} {
		stdout, stderr, status := finish(t, wsd, "--address=127.0.0.1:0", "--htpasswd="+file, "--devconsole")
		if stderr != want || stdout != "" || status != 1 {
			t.Errorf("%s: status %d, stdout %q, stderr %q, want %q", file, status, stdout, stderr, want)
		}
	}
}

// ask sends a request with these header lines and returns the answer's status.
func ask(t *testing.T, address, line string, header ...string) int {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Minute))
	fmt.Fprintf(conn, "%s\r\nHost: %s\r\n%s\r\n\r\n", line, address, strings.Join(header, "\r\n"))
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	if response.StatusCode != http.StatusSwitchingProtocols {
		io.Copy(io.Discard, response.Body)
	}
	return response.StatusCode
}

// opening is the header of a handshake, with more lines.
func opening(more ...string) []string {
	// The key is the one of RFC 6455 section 1.3.
	return append([]string{"Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}, more...)
}

// testPasswordReload waits for the log to say that a signal has been obeyed.
func testPasswordReload(t *testing.T, wsd string) {
	file := write(t, t.TempDir(), "users", adaFile, 0o600)
	server := serving(t, command(t, wsd, "--address=127.0.0.1:0", "--htpasswd="+file, "--devconsole", "cat"))
	want := func(user string, status int) {
		t.Helper()
		for _, header := range [][]string{{"Connection: close"}, opening()} {
			good := 200
			if len(header) > 1 {
				good = 101
			}
			if status == 401 {
				good = 401
			}
			if got := ask(t, server.address, "GET / HTTP/1.1", append(header, user)...); got != good {
				t.Errorf("%s: %d, want %d", user, got, good)
			}
		}
	}
	const asBob = "Authorization: Basic Ym9iOnJpZ2h0"
	want(asAda, 200)
	want(asBob, 401)
	want("X-None: 1", 401)
	write(t, filepath.Dir(file), "users", strings.Replace(adaFile, "ada:", "bob:", 1), 0o600)
	server.signal(t, syscall.SIGHUP)
	server.until(t, `msg="password file read again"`)
	want(asBob, 200)
	want(asAda, 401)
	write(t, filepath.Dir(file), "users", "bob:hunter2\n", 0o600)
	server.signal(t, syscall.SIGHUP)
	server.until(t, `msg="password file not read again, the old users stay"`)
	want(asBob, 200)
	server.signal(t, syscall.SIGTERM)
	if log := server.wait(t, 0); strings.Contains(log, "hunter2") || !strings.Contains(log, "user=bob") {
		t.Error(log)
	}
}

func testAuthCommand(t *testing.T, wsd string) {
	folder := filepath.Join(t.TempDir(), "a b")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	check := write(t, folder, "check", `#!/bin/sh
case $1:$HTTP_COOKIE in
"the key:id=1") echo "REMOTE_USER=ada" ;;
"the key:id=2") exit 2 ;;
"the key:id=3") echo "PATH=/tmp" ;;
*) exit 1 ;;
esac
`, 0o700)
	server := serving(t, command(t, wsd, "--address=127.0.0.1:0", "--authcmd='"+check+"' 'the key'",
		"sh", "-c", "exec 1>&2; echo user=$REMOTE_USER"))
	for cookie, want := range map[string]int{"id=1": 101, "id=2": 403, "id=3": 503, "id=4": 401} {
		if got := ask(t, server.address, "GET / HTTP/1.1", opening("Cookie: "+cookie)...); got != want {
			t.Errorf("%s: %d, want %d", cookie, got, want)
		}
	}
	server.until(t, "line=\"user=ada\"")
	if got := ask(t, server.address, "GET / HTTP/1.1", opening("Cookie: id=1", "Origin: https://evil.example")...); got != 403 {
		t.Errorf("a page elsewhere: %d", got)
	}
	server.signal(t, syscall.SIGTERM)
	if log := server.wait(t, 0); !strings.Contains(log, "hint=\"browsers send") || strings.Contains(log, "/tmp") && strings.Contains(log, "PATH=/tmp") {
		t.Error(log)
	}
}
