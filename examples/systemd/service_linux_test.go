package systemd_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"wsd/exec/exectest"
	"wsd/server/servertest"
)

// service is a wsd to be started as systemd starts it.
type service struct {
	args    []string
	env     []string     // beside PATH
	sockets []fileHolder // handed over
	names   []string     // of sockets
}

// fileHolder is a socket of package net.
type fileHolder interface{ File() (*os.File, error) }

// activate is what systemd does between fork and exec: it says for which
// process the sockets are, which only that process can know. args are the
// program and its arguments.
func activate(args []string) int {
	os.Setenv("LISTEN_PID", strconv.Itoa(os.Getpid()))
	os.Setenv("WATCHDOG_PID", strconv.Itoa(os.Getpid()))
	err := syscall.Exec(args[0], args, os.Environ())
	fmt.Fprintln(os.Stderr, err)
	return 127
}

// command returns the process to start.
func (s service) command(t *testing.T) *exec.Cmd {
	t.Helper()
	wsd := servertest.Command(t, s.args...)
	words := append(exectest.Backend("activate"), wsd.Args...)
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "GORACE=atexit_sleep_ms=0"}, s.env...)
	if len(s.sockets) > 0 {
		cmd.Env = append(cmd.Env, "LISTEN_FDS="+strconv.Itoa(len(s.sockets)), "LISTEN_FDNAMES="+strings.Join(s.names, ":"))
	}
	for _, socket := range s.sockets {
		file, err := socket.File()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { file.Close() })
		cmd.ExtraFiles = append(cmd.ExtraFiles, file)
	}
	return cmd
}

// run starts s and waits until it listens on all that it was given.
func (s service) run(t *testing.T) *servertest.Process {
	t.Helper()
	p := servertest.Listen(t, s.command(t))
	p.Log.WaitN(t, len(s.sockets), "listening", "inherited", "…")
	return p
}

// socketPath is where nothing is yet.
func socketPath(t *testing.T) string { return filepath.Join(servertest.Dir(t), "s") }

// echo talks to a backend that is cat, at an address or on a connection.
func echo(t *testing.T, address string) {
	t.Helper()
	echoOn(t, servertest.Connect(t, address))
}

func echoOn(t *testing.T, conn net.Conn) {
	t.Helper()
	c := servertest.NewClient(t, conn).Upgrade("/")
	c.WantEcho("one", "two")
	c.Leave()
}

// listenTCP opens a socket on a free port, which is closed with the test.
func listenTCP(t *testing.T) *net.TCPListener {
	t.Helper()
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// listenUnix opens a socket, which is closed with the test; its file stays.
func listenUnix(t *testing.T) (l *net.UnixListener, path string) {
	t.Helper()
	path = socketPath(t)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: path})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	t.Cleanup(func() { l.Close() })
	return l, path
}
