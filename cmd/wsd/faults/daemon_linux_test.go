package faults_test

import (
	"cmp"
	"context"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A daemon is a wsd that runs. It ends with the test, and its log is shown if the
// test failed.
type daemon struct {
	t       *testing.T
	cmd     *exec.Cmd
	log     *journal
	address string
	ended   chan struct{} // closed when the process has been reaped
}

// settings are what is special about a daemon. Its zero value is an ordinary one.
type settings struct {
	args       []string
	command    bool                // serve the script echo at each path, instead of all scripts
	scripts    string              // the folder of scripts; one of the test if empty
	tls        *authority          // serve a certificate of this one
	credential *syscall.Credential // run as somebody else
	public     bool                // wsd is where every user may run it
	stderr     *os.File            // the log goes there, and not to the journal
	listen     string              // address and port; a free one if empty
	inside     func(func())        // calls a function where wsd runs and its clients are
}

// launch starts a wsd and returns when it listens.
func launch(t *testing.T, o settings, args ...string) *daemon {
	t.Helper()
	wsd, err := build()
	if err != nil {
		t.Fatal(err)
	}
	if o.public {
		wsd = publish(t, wsd)
	}
	// It is killed before the test's own deadline would leave it behind.
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	d := &daemon{t: t, log: newJournal(), ended: make(chan struct{})}
	listen := cmp.Or(o.listen, "127.0.0.1:0")
	if o.stderr != nil { // whose log can't tell where it listens
		listen = freeAddress()
	}
	d.cmd = exec.CommandContext(ctx, wsd, append([]string{"--logformat=json", "--address=" + listen}, args...)...)
	// The race detector would hold up each end for a second; goroutines is why all
	// of them are wanted.
	d.cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0", "GOTRACEBACK=all", "GOGC=20")
	d.cmd.Stderr = d.log
	if o.stderr != nil {
		d.cmd.Stderr = o.stderr
	}
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: o.credential}
	d.cmd.WaitDelay = time.Second // for a child that has kept the log open
	if o.inside == nil {
		o.inside = func(f func()) { f() }
	}
	o.inside(func() { err = d.cmd.Start() })
	if err != nil {
		cancel()
		t.Fatalf("starting wsd: %v", err)
	}
	// Ends with the process; finish waits for it.
	go func() {
		defer cancel()
		_ = d.cmd.Wait()
		close(d.ended)
	}()
	t.Cleanup(func() {
		d.finish(syscall.SIGKILL)
		if log := d.log.strange(); strings.Contains(log, "DATA RACE") {
			t.Error("the race detector has found something")
		}
		if t.Failed() {
			t.Logf("the log of wsd:\n%s", d.log)
		}
	})
	if d.address = listen; o.stderr != nil {
		awaitListener(t, listen)
	} else {
		d.address = listening.FindString(d.log.await(t, "msg", "listening").text("url"))
	}
	return d
}

// listening finds the address in what wsd logs of its listener.
var listening = regexp.MustCompile(`[0-9.]+:[0-9]+`)

func (d *daemon) pid() int { return d.cmd.Process.Pid }

func (d *daemon) signal(sig syscall.Signal) {
	d.t.Helper()
	if err := d.cmd.Process.Signal(sig); err != nil {
		d.t.Fatalf("sending %v: %v", sig, err)
	}
}

// finish sends the signal, unless the process has ended, and waits for it.
func (d *daemon) finish(sig syscall.Signal) {
	d.t.Helper()
	_ = d.cmd.Process.Signal(sig) // it may just have ended
	select {
	case <-d.ended:
	case <-time.After(patience):
		d.t.Errorf("wsd does not end after %v", sig)
		_ = d.cmd.Process.Kill()
		<-d.ended
	}
}

// stop ends the daemon as a service manager does.
func (d *daemon) stop() { d.t.Helper(); d.signal(syscall.SIGTERM); d.wantEnd() }

// wantEnd waits for the daemon's end, after SIGTERM.
func (d *daemon) wantEnd() {
	d.t.Helper()
	select {
	case <-d.ended:
	case <-time.After(patience):
		d.t.Fatal("wsd does not end")
	}
	if status := d.cmd.ProcessState; status.ExitCode() != 0 {
		d.t.Errorf("wsd ended with %v", status)
	}
	if log := d.log.strange(); log != "" {
		d.t.Errorf("wsd said what is no record of the log:\n%s", log)
	}
}
