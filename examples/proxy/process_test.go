//go:build e2e && unix

package proxy_test

import (
	"context"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// A process is a server that a test has started. It ends with the test, and its
// log is shown if the test failed.
type process struct {
	t     *testing.T
	name  string
	cmd   *exec.Cmd
	log   *journal
	ended chan struct{} // closed when the process has been reaped
}

// start starts a server in the foreground, in a process group of its own.
func start(t *testing.T, name string, env []string, command ...string) *process {
	t.Helper()
	p := &process{t: t, name: name, log: newJournal(), ended: make(chan struct{})}
	ctx, cancel := context.WithDeadline(context.Background(), lastMoment(t))
	p.cmd = exec.CommandContext(ctx, command[0], command[1:]...)
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.Cancel = p.kill
	p.cmd.WaitDelay = time.Second // for a child that has kept the log open
	if err := p.cmd.Start(); err != nil {
		cancel()
		t.Fatalf("starting %s: %v", name, err)
	}
	// Ends with the process, and stop waits for it.
	go func() {
		defer cancel()
		_ = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		p.stop()
		if t.Failed() {
			t.Logf("the log of %s:\n%s", name, p.log)
		}
	})
	return p
}

// lastMoment is when the servers of a test are killed, so that none outlives a
// test that is about to be ended by its deadline.
func lastMoment(t *testing.T) time.Time {
	if deadline, ok := t.Deadline(); ok {
		return deadline.Add(-10 * time.Second)
	}
	return time.Now().Add(10 * time.Minute)
}

// kill kills the process and its children.
func (p *process) kill() error { return syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) }

// terminate asks the process to end.
func (p *process) terminate() {
	select {
	case <-p.ended:
	default:
		_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may just have ended
	}
}

// stop ends the process and waits for it.
func (p *process) stop() {
	p.terminate()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Errorf("%s did not end, and is killed", p.name)
		_ = p.kill()
		<-p.ended
	}
}

// logged waits until the pattern has been logged n times, and returns the groups
// of the last of them.
func (p *process) logged(pattern string, n int) []string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	found, err := p.log.find(ctx, p.ended, pattern, n)
	if err != nil {
		p.t.Fatalf("%s: %v", p.name, err)
	}
	return found
}

// lookTool returns the path of a program. Where it is missing, the test is
// skipped, but in CI it fails. A server may be where only root looks.
func lookTool(t *testing.T, name string) string {
	t.Helper()
	for _, candidate := range []string{name, "/usr/sbin/" + name} {
		if path, err := exec.LookPath(candidate); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed", name)
	}
	t.Skipf("%s is not installed", name)
	return ""
}
