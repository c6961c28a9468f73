package servertest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Race is whether the tests, and wsd with them, are built with the race detector.
var Race = func() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}()

// Version is the version that Build gives to wsd.
const Version = "1.2.3"

// Build returns the path of wsd, which is built once for all tests of a package,
// with the race detector if they have it. It is beside the test binary, whose
// folder go test removes.
func Build(t testing.TB) string {
	t.Helper()
	wsd, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return wsd
}

// started is the folder of the package, whatever folder a test changes to.
var started, _ = os.Getwd()

var build = sync.OnceValues(func() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	return buildIn(filepath.Dir(self), fmt.Sprint("-race=", Race))
})

// BuildIn builds a wsd of its own, in this folder and with these variables, and
// returns its path. It never has the race detector.
func BuildIn(t testing.TB, dir string, env ...string) string {
	t.Helper()
	wsd, err := buildIn(dir, "-race=false", env...)
	if err != nil {
		t.Fatal(err)
	}
	return wsd
}

func buildIn(dir, race string, env ...string) (wsd string, err error) {
	wsd = filepath.Join(dir, "wsd"+exe)
	cmd := exec.Command("go", "build", race, "-ldflags=-X main.version="+Version, "-o", wsd, "wsd/cmd/wsd")
	cmd.Dir, cmd.Env = started, append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building wsd: %w\n%s", err, out)
	}
	return wsd, nil
}

// Command is wsd with these arguments. It logs JSON, has a home of its own, and
// the race detector does not delay its end.
func Command(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(Build(t), append([]string{"--logformat=json"}, args...)...)
	home := t.TempDir()
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CACHE_HOME="+home, "GORACE=atexit_sleep_ms=0")
	return cmd
}

// A Process is a program that runs, such as wsd. It ends with the test, and its
// log is shown if the test has failed.
type Process struct {
	Cmd *exec.Cmd
	Log *Log // what it writes to stdout and stderr

	t     testing.TB
	ended chan struct{} // closed when it has been reaped and its log has ended
	err   error         // of Cmd.Wait; read after ended is closed
}

// Start starts a program. Its output goes to the log, unless cmd has another
// writer for it.
func Start(t testing.TB, cmd *exec.Cmd) *Process {
	t.Helper()
	p := &Process{Cmd: cmd, Log: new(Log), t: t, ended: make(chan struct{})}
	if cmd.Stdout == nil {
		cmd.Stdout = p.Log
	}
	if cmd.Stderr == nil {
		cmd.Stderr = p.Log
	}
	cmd.WaitDelay = Patience // for a child that keeps the log open
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting %s: %v", cmd.Path, err)
	}
	kill := time.AfterFunc(untilDeadline(t), func() { cmd.Process.Kill() })
	// Ends with the process; the cleanup waits for it.
	go func() {
		defer close(p.ended)
		defer kill.Stop()
		p.err = cmd.Wait()
		p.Log.End()
	}()
	t.Cleanup(func() {
		p.Stop()
		if strings.Contains(p.Log.Text(), "DATA RACE") {
			t.Error("the race detector has found something")
		}
		if t.Failed() {
			t.Logf("the log of %s:\n%s", filepath.Base(cmd.Path), p.Log)
		}
	})
	return p
}

// untilDeadline is how long a process may run, so that it does not outlive a test
// that is about to be ended by go test's own deadline.
func untilDeadline(t testing.TB) time.Duration {
	if test, ok := t.(interface{ Deadline() (time.Time, bool) }); ok {
		if deadline, ok := test.Deadline(); ok {
			return time.Until(deadline) * 9 / 10
		}
	}
	return time.Hour
}

// Serve starts wsd and returns when it listens: on any port of 127.0.0.1 if none
// of the arguments names a listener. If it still runs when the test ends, it must
// shut down properly; see Shutdown.
func Serve(t testing.TB, args ...string) *Process {
	t.Helper()
	named := slices.ContainsFunc(args, func(arg string) bool {
		name, _, _ := strings.Cut(arg, "=")
		return name == "--address" || name == "--port" || name == "--unixsocket"
	})
	if !named {
		args = append([]string{"--address=127.0.0.1:0"}, args...)
	}
	return Listen(t, Command(t, args...))
}

// Listen is Serve for a given command.
func Listen(t testing.TB, cmd *exec.Cmd) *Process {
	t.Helper()
	p := Start(t, cmd)
	t.Cleanup(func() {
		if !p.Ended() {
			p.Shutdown()
		}
	})
	p.Address()
	return p
}

// PID is the process's id.
func (p *Process) PID() int { return p.Cmd.Process.Pid }

// Address is host:port, or the path of the Unix socket, of the first listener that
// wsd has logged.
func (p *Process) Address() string {
	p.t.Helper()
	url := p.Log.Wait(p.t, "listening")["url"]
	if path, ok := strings.CutPrefix(url, "unix:"); ok {
		return path
	}
	_, address, _ := strings.Cut(strings.TrimSuffix(url, "/"), "://")
	return address
}

// Client is a client on a new connection to Address, without TLS.
func (p *Process) Client() *Client { p.t.Helper(); return NewClient(p.t, Connect(p.t, p.Address())) }

// Dial opens a WebSocket at a path; see Client.Upgrade.
func (p *Process) Dial(path string, header ...string) *Client {
	p.t.Helper()
	return p.Client().Upgrade(path, header...)
}

// Signal sends signals.
func (p *Process) Signal(signals ...os.Signal) {
	p.t.Helper()
	for _, signal := range signals {
		if err := p.Cmd.Process.Signal(signal); err != nil {
			p.t.Fatalf("sending %v: %v", signal, err)
		}
	}
}

// Ended reports whether the process has been reaped and its log is complete.
func (p *Process) Ended() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// Wait waits until the process ends, and returns its exit status: -1 after a
// signal.
func (p *Process) Wait() int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(Patience):
		p.t.Errorf("%s does not end, and is killed", p.Cmd.Path)
		_ = p.Cmd.Process.Kill()
		<-p.ended
	}
	if errors.Is(p.err, exec.ErrWaitDelay) {
		p.t.Errorf("a child of %s keeps its log open", p.Cmd.Path)
	}
	return p.Cmd.ProcessState.ExitCode()
}

// Stop asks the process to end, if it has not ended yet, and returns its exit
// status. On a platform where it can't be asked to, it is killed.
func (p *Process) Stop() int {
	p.t.Helper()
	_ = p.Cmd.Process.Signal(stop) // it may just have ended
	return p.Wait()
}

// Shutdown ends wsd as a service manager does; see WantEnd. It must leave no
// child behind.
func (p *Process) Shutdown() {
	p.t.Helper()
	children := p.children()
	p.Stop()
	p.WantEnd()
	for pid, start := range children {
		if startOf(pid) == start {
			p.t.Errorf("wsd has left its child %d behind", pid)
		}
	}
}

// WantEnd waits for the end of a wsd that has been asked to end. Its exit status
// must be 0, and all that it has written must be records of the log.
func (p *Process) WantEnd() {
	p.t.Helper()
	if status := p.Wait(); status != 0 && canStop {
		p.t.Errorf("wsd ended with %v", p.Cmd.ProcessState)
	}
	if other := p.Log.Other(); other != "" {
		p.t.Errorf("wsd wrote something that is not a log record:\n%s", other)
	}
}
