package main

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
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

func TestServeEnds(t *testing.T) {
	want := errors.New("address in use")
	d := newFakeDaemon()
	d.run = func(context.Context) error { return want }
	if err := serve(t.Context(), d, nil); err != want {
		t.Errorf("%v, want %v", err, want)
	}
}

func TestServeContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	d := newFakeDaemon()
	d.run = func(ctx context.Context) error { cancel(); <-ctx.Done(); return nil }
	if err := serve(ctx, d, nil); err != nil {
		t.Error(err)
	}
}

func TestServeStops(t *testing.T) {
	for _, s := range []os.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT} {
		signals := make(chan os.Signal, 1)
		signals <- s
		d := newFakeDaemon()
		d.run = func(ctx context.Context) error { <-ctx.Done(); return nil }
		if err := serve(t.Context(), d, signals); err != nil {
			t.Errorf("%v: %v", s, err)
		}
	}
}

func TestServeReloads(t *testing.T) {
	signals := make(chan os.Signal, 2)
	signals <- syscall.SIGHUP
	signals <- syscall.SIGHUP
	d := newFakeDaemon()
	d.run = func(ctx context.Context) error {
		<-d.reloads
		<-d.reloads
		if ctx.Err() != nil {
			return errors.New("SIGHUP stopped the server")
		}
		return nil
	}
	if err := serve(t.Context(), d, signals); err != nil {
		t.Error(err)
	}
}

func TestServeKills(t *testing.T) {
	signals := make(chan os.Signal, 3)
	signals <- syscall.SIGTERM
	signals <- syscall.SIGHUP // reloading in between is no second signal
	signals <- syscall.SIGINT
	d := newFakeDaemon()
	d.run = func(ctx context.Context) error {
		<-ctx.Done()
		<-d.reloads
		<-d.killed
		return nil
	}
	if err := serve(t.Context(), d, signals); err != errKilled || exitStatus(err) != 1 {
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
	signals := make(chan os.Signal, 2)
	signals <- syscall.SIGINT
	signals <- syscall.SIGTERM
	release, ended := make(chan struct{}), make(chan struct{})
	d := newFakeDaemon()
	d.run = func(context.Context) error { defer close(ended); <-release; return nil }
	if err := serve(t.Context(), d, signals); err != errKilled {
		t.Errorf("%v, want %v", err, errKilled)
	}
	close(release)
	<-ended
}
