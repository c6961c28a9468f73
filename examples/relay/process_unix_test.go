//go:build unix

package main_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for something that should be there soon. It only ends
// a hang: a busy machine may be slow.
const patience = 2 * time.Minute

// process is a program that a test has started. It is ended with the test, and
// its log is shown if the test failed.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	log   buffer
	lines chan string   // of the log, as far as someone waits for them
	done  chan struct{} // closed when the process has been waited for
}

// buffer is a bytes.Buffer for two goroutines.
type buffer struct {
	mutex sync.Mutex
	bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.Buffer.Write(p)
}

func (b *buffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.Buffer.String()
}

// start starts the command, whose log is what it writes to stderr.
func start(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: cmd, lines: make(chan string, 10_000), done: make(chan struct{})}
	// Ends when the process has closed its stderr; end waits for it.
	go func() {
		defer close(p.done)
		lines := bufio.NewScanner(io.TeeReader(stderr, &p.log))
		for lines.Scan() {
			select {
			case p.lines <- lines.Text():
			default:
			}
		}
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		p.end(syscall.SIGKILL)
		if strings.Contains(p.log.String(), "DATA RACE") {
			t.Error("the race detector has found something")
		}
		if t.Failed() {
			t.Logf("the log of %s:\n%s", cmd.Path, p.log.String())
		}
	})
	return p
}

// await waits for a line of the log, and returns what the pattern's first group
// has found in it.
func (p *process) await(pattern string) string {
	p.t.Helper()
	expression := regexp.MustCompile(pattern)
	timeout := time.After(patience)
	for {
		select {
		case line := <-p.lines:
			if found := expression.FindStringSubmatch(line); found != nil {
				return found[len(found)-1]
			}
		case <-p.done:
			p.t.Fatalf("%s has ended, and its log has no %q:\n%s", p.cmd.Path, pattern, p.log.String())
		case <-timeout:
			p.t.Fatalf("the log of %s has no %q", p.cmd.Path, pattern)
		}
	}
}

// end sends the signal, unless the process has ended, waits, and returns the exit
// status, which is -1 after a signal.
func (p *process) end(signal syscall.Signal) int {
	p.t.Helper()
	_ = p.cmd.Process.Signal(signal)
	return p.wait()
}

// wait waits until the process has ended by itself.
func (p *process) wait() int {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(patience):
		p.t.Errorf("%s does not end", p.cmd.Path)
		_ = p.cmd.Process.Kill()
		<-p.done
	}
	return p.cmd.ProcessState.ExitCode()
}

// children are the processes that this one has started.
func (p *process) children() []int {
	p.t.Helper()
	table, err := exec.Command("ps", "-A", "-o", "pid=", "-o", "ppid=").Output()
	if err != nil {
		p.t.Fatal(err)
	}
	var children []int
	for line := range strings.Lines(string(table)) {
		var pid, parent int
		if _, err := fmt.Sscan(line, &pid, &parent); err == nil && parent == p.cmd.Process.Pid {
			children = append(children, pid)
		}
	}
	return children
}

// signalBackend sends a signal to the only backend of a wsd.
func (p *process) signalBackend(signal syscall.Signal) {
	p.t.Helper()
	children := p.children()
	if len(children) != 1 {
		p.t.Fatalf("there are %d backends, want 1", len(children))
	}
	if err := syscall.Kill(children[0], signal); err != nil {
		p.t.Fatal(err)
	}
}

// lastPort is the port that freePort has tried last.
var lastPort atomic.Int64

func init() { lastPort.Store(20_000 + rand.Int64N(10_000)) }

// freePort is a port of the loopback interface that nobody listens on. It stays
// free while a server is down, also when other tests run: none of them is given
// it, and systems hand out higher ones.
func freePort(t *testing.T) string {
	t.Helper()
	for range 1000 {
		port := strconv.FormatInt(lastPort.Add(1), 10)
		// A listener would be inherited for a moment by a process that another test
		// starts just now, and keep the port.
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			return port
		}
		conn.Close()
	}
	t.Fatal("there is no free port")
	return ""
}
