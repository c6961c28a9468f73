package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// fakeDaemon is a daemon whose Run ends as the test says.
type fakeDaemon struct {
	run             func(ctx context.Context) error
	reloads, killed chan struct{}
}

func newFakeDaemon() *fakeDaemon {
	return &fakeDaemon{reloads: make(chan struct{}), killed: make(chan struct{})}
}

func (d *fakeDaemon) Run(ctx context.Context) error { return d.run(ctx) }
func (d *fakeDaemon) Reload()                       { d.reloads <- struct{}{} }
func (d *fakeDaemon) Kill()                         { close(d.killed) }

var discard = slog.New(slog.DiscardHandler)

// sent are signals that have come already.
func sent(list ...os.Signal) <-chan os.Signal {
	c := make(chan os.Signal, len(list))
	for _, s := range list {
		c <- s
	}
	return c
}

func TestServeEnds(t *testing.T) {
	want := errors.New("address in use")
	d := newFakeDaemon()
	d.run = func(context.Context) error { return want }
	if err := serve(t.Context(), d, signals{}, discard); err != want {
		t.Errorf("%v, want %v", err, want)
	}
}

func TestServeContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	d := newFakeDaemon()
	d.run = func(ctx context.Context) error { cancel(); <-ctx.Done(); return nil }
	if err := serve(ctx, d, signals{}, discard); err != nil {
		t.Error(err)
	}
}

func TestServeStops(t *testing.T) {
	for _, s := range []os.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT} {
		d := newFakeDaemon()
		d.run = func(ctx context.Context) error { <-ctx.Done(); return nil }
		if err := serve(t.Context(), d, signals{stop: sent(s)}, discard); err != nil {
			t.Errorf("%v: %v", s, err)
		}
	}
}

func TestServeReloads(t *testing.T) {
	d := newFakeDaemon()
	d.run = func(ctx context.Context) error {
		<-d.reloads
		<-d.reloads
		if ctx.Err() != nil {
			return errors.New("SIGHUP stopped the server")
		}
		return nil
	}
	if err := serve(t.Context(), d, signals{reload: sent(syscall.SIGHUP, syscall.SIGHUP)}, discard); err != nil {
		t.Error(err)
	}
}

// The kernel, the shell and the terminal's window may each send a SIGHUP.
func TestServeHangsUp(t *testing.T) {
	d := newFakeDaemon()
	asked := make(chan struct{})
	d.run = func(ctx context.Context) error { <-ctx.Done(); return nil }
	on := signals{hangUp: sent(syscall.SIGHUP, syscall.SIGHUP, syscall.SIGHUP), terminalGone: func() bool { close(asked); return true }}
	if err := serve(t.Context(), d, on, discard); err != nil {
		t.Error(err)
	}
	<-asked
}

func TestServeStaysOnTerminal(t *testing.T) {
	d := newFakeDaemon()
	asked := make(chan struct{})
	d.run = func(ctx context.Context) error { <-asked; <-asked; return ctx.Err() }
	on := signals{hangUp: sent(syscall.SIGHUP, syscall.SIGHUP), terminalGone: func() bool { asked <- struct{}{}; return false }}
	if err := serve(t.Context(), d, on, discard); err != nil {
		t.Error(err)
	}
}

func TestServeKills(t *testing.T) {
	d := newFakeDaemon()
	d.run = func(ctx context.Context) error {
		<-ctx.Done()
		<-d.reloads
		<-d.killed
		return nil
	}
	on := signals{stop: sent(syscall.SIGTERM, syscall.SIGINT), reload: sent(syscall.SIGHUP)}
	if err := serve(t.Context(), d, on, discard); err != errKilled || exitStatus(err) != 1 {
		t.Errorf("%v, want %v", err, errKilled)
	}
}

func TestStopRequestEchoes(t *testing.T) {
	at := time.Unix(1000, 0)
	first := stopRequest{syscall.SIGTERM, at}
	tests := []struct {
		name   string
		signal os.Signal
		after  time.Duration
		want   bool
	}{
		{"the same at once", syscall.SIGTERM, time.Millisecond, true},
		{"the same later", syscall.SIGTERM, time.Second, false},
		{"another at once", syscall.SIGINT, time.Millisecond, false},
	}
	for _, tt := range tests {
		if got := first.echoes(tt.signal, at.Add(tt.after)); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestServeKillsStuck has a server that Kill can't end: wsd ends all the same.
func TestServeKillsStuck(t *testing.T) {
	release, ended := make(chan struct{}), make(chan struct{})
	d := newFakeDaemon()
	d.run = func(context.Context) error { defer close(ended); <-release; return nil }
	if err := serve(t.Context(), d, signals{stop: sent(syscall.SIGINT, syscall.SIGTERM)}, discard); err != errKilled {
		t.Errorf("%v, want %v", err, errKilled)
	}
	close(release)
	<-ended
}

// TestServeStopsDuringReload has a reload that hangs: the log says so once, and a
// signal stops the server all the same.
func TestServeStopsDuringReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		stop, hup := make(chan os.Signal), make(chan os.Signal, 1)
		d := newFakeDaemon()
		d.run = func(ctx context.Context) error { <-ctx.Done(); return nil }
		ended := make(chan error)
		go func() { // awaited below
			ended <- serve(t.Context(), d, signals{stop: stop, reload: hup}, newLogger(&b, "info", "text"))
		}()
		hup <- syscall.SIGHUP
		time.Sleep(10 * reloadPatience)
		synctest.Wait()
		if got := b.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "level=WARN") {
			t.Errorf("the log is %q", got)
		}
		stop <- syscall.SIGTERM
		if err := <-ended; err != nil {
			t.Error(err)
		}
		<-d.reloads // or it would hang as long as the test
	})
}
