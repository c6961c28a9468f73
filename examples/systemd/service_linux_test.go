package systemd_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"wsd/exec/exectest"
)

// patience bounds every wait for another process; nothing should come near it.
const patience = 30 * time.Second

// build returns the path of a wsd that is built from this source.
func build(t *testing.T) string {
	t.Helper()
	wsd := filepath.Join(t.TempDir(), "wsd")
	if out, err := exec.Command("go", "build", "-o", wsd, "wsd/cmd/wsd").CombinedOutput(); err != nil {
		t.Fatalf("building wsd: %v\n%s", err, out)
	}
	return wsd
}

// tool is the path of a program that these tests need.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatalf("%s is missing", name)
	default:
		t.Skipf("%s is missing", name)
	}
	return path
}

// service is a wsd to be started as systemd starts it.
type service struct {
	wsd     string
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

// command returns the process to start. It is killed when it runs for too long.
func (s service) command(t *testing.T) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	t.Cleanup(cancel)
	words := append(exectest.Backend("activate", s.wsd), s.args...)
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, s.env...)
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

// process is a wsd that has been started.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines chan string // of its log; closed when that ends
	log   bytes.Buffer
}

// start starts cmd. When the test ends it is stopped, if it runs still.
func start(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: cmd, lines: make(chan string)}
	// Ends with wsd's stderr, all of which wait reads.
	go func() {
		defer close(p.lines)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			p.lines <- lines.Text()
		}
	}()
	t.Cleanup(func() {
		p.stop()
		if t.Failed() {
			t.Logf("the log of wsd:\n%s", p.log.Bytes())
		}
	})
	return p
}

// run starts s and waits until it listens on all that it was given.
func (s service) run(t *testing.T) *process {
	t.Helper()
	p := start(t, s.command(t))
	for range s.sockets {
		p.logs("inherited=")
	}
	return p
}

// logs returns the next line of the log that contains text.
func (p *process) logs(text string) string {
	p.t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case line, ok := <-p.lines:
			p.log.WriteString(line + "\n")
			if !ok {
				p.t.Fatalf("the log ends without %q", text)
			}
			if strings.Contains(line, text) {
				return line
			}
		case <-timeout:
			p.t.Fatalf("wsd does not log %q", text)
		}
	}
}

// signal sends s.
func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// stop asks wsd to end, unless it has ended, and returns its exit status.
func (p *process) stop() int {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Signal(syscall.SIGTERM) // or it has ended by itself
	}
	return p.wait()
}

// wait returns the exit status of a wsd that ends, or has ended.
func (p *process) wait() int {
	if p.cmd.ProcessState == nil {
		for line := range p.lines {
			p.log.WriteString(line + "\n")
		}
		_ = p.cmd.Wait()
	}
	return p.cmd.ProcessState.ExitCode()
}

// socketPath is short: a socket's path may have about 100 bytes.
func socketPath(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "wsd")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
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

// talk returns the answers to what it says, each a message, on a connection
// that dial opens.
func talk(t *testing.T, url string, options *websocket.DialOptions, says ...string) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, url, options)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	for _, line := range says {
		if err := conn.Write(ctx, websocket.MessageText, []byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	var answers []string
	for len(says) == 0 || len(answers) < len(says) {
		_, answer, err := conn.Read(ctx)
		if len(says) == 0 && websocket.CloseStatus(err) == websocket.StatusNormalClosure {
			return answers // of a backend that only talks
		}
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, string(answer))
	}
	if err := conn.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
	return answers
}

// echo talks to a backend that is cat.
func echo(t *testing.T, url string, options *websocket.DialOptions) {
	t.Helper()
	if got := talk(t, url, options, "one", "two"); len(got) != 2 || got[0] != "one" || got[1] != "two" {
		t.Errorf("%s answers %q", url, got)
	}
}
