package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// fakeWatchable is a server that listens when its Run says so.
type fakeWatchable struct {
	*fakeDaemon
	listening chan struct{}
	sessions  chan int // one for each time that it is asked
}

func (w *fakeWatchable) Listening() <-chan struct{} { return w.listening }
func (w *fakeWatchable) Sessions() int              { return <-w.sessions }

// listen is a Run that listens and ends in order.
func (w *fakeWatchable) listen(ctx context.Context) error {
	close(w.listening)
	<-ctx.Done()
	return nil
}

// newSupervised returns a supervised, its server, and what it tells.
func newSupervised(watchdog time.Duration) (*supervised, *fakeWatchable, <-chan string) {
	d := &fakeWatchable{newFakeDaemon(), make(chan struct{}), make(chan int)}
	told := make(chan string, 100)
	s := &supervised{
		watchable: d,
		watchdog:  watchdog,
		log:       slog.New(slog.DiscardHandler),
		send:      func(text string) error { told <- text; return nil },
	}
	return s, d, told
}

func wantTold(t *testing.T, told <-chan string, want string) {
	t.Helper()
	if got := <-told; !regexp.MustCompile("^" + want + "$").MatchString(got) {
		t.Errorf("told %q, want %s", got, want)
	}
}

func TestSupervisedTells(t *testing.T) {
	s, d, told := newSupervised(0)
	ctx, cancel := context.WithCancel(t.Context())
	d.run = d.listen
	go func() { <-d.reloads }() // ends with the reload below
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }() // awaited below
	wantTold(t, told, "READY=1\nSTATUS=0 sessions")
	s.Reload()
	wantTold(t, told, "RELOADING=1\n(MONOTONIC_USEC=[1-9][0-9]*\n)?") // not on every platform
	wantTold(t, told, "READY=1")
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	wantTold(t, told, "STOPPING=1")
	if len(told) > 0 {
		t.Errorf("told %q as well", <-told)
	}
}

// A reload that hangs keeps neither STOPPING=1 from being told nor the server from
// ending, and is not told as done after that.
func TestSupervisedReloadHangs(t *testing.T) {
	s, d, told := newSupervised(0)
	ctx, cancel := context.WithCancel(t.Context())
	d.run = d.listen
	ended, reloaded := make(chan error, 1), make(chan struct{})
	go func() { ended <- s.Run(ctx) }() // awaited below
	wantTold(t, told, "READY=1\nSTATUS=0 sessions")
	go func() { defer close(reloaded); s.Reload() }() // awaited below
	wantTold(t, told, "RELOADING=1\n(MONOTONIC_USEC=[1-9][0-9]*\n)?")
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	wantTold(t, told, "STOPPING=1")
	<-d.reloads
	<-reloaded
	if len(told) > 0 {
		t.Errorf("told %q as well", <-told)
	}
}

// A reload before READY=1 or after STOPPING=1 must not say that wsd is ready.
func TestSupervisedReloadsSilently(t *testing.T) {
	s, d, told := newSupervised(0)
	d.run = func(context.Context) error { return errors.New("address in use") }
	go func() { <-d.reloads; <-d.reloads }() // ends with the reloads below
	s.Reload()
	if err := s.Run(t.Context()); err == nil {
		t.Error("the error of Run is lost")
	}
	s.enter(phaseStopping, "STOPPING=1")
	s.Reload()
	wantTold(t, told, "STOPPING=1")
	if len(told) > 0 {
		t.Errorf("told %q", <-told)
	}
}

func TestSupervisedWatchdog(t *testing.T) {
	s, d, told := newSupervised(2 * time.Millisecond)
	ctx, cancel := context.WithCancel(t.Context())
	d.run = func(ctx context.Context) error {
		close(d.listening)
		<-ctx.Done()
		for text := ""; text != "STOPPING=1"; {
			select {
			case d.sessions <- 1: // it may be asked just before
			case text = <-told:
			}
		}
		d.sessions <- 3 // the watchdog watches the shutdown, too
		for text := ""; text != "WATCHDOG=1\nSTATUS=3 sessions"; {
			text = <-told
		}
		close(d.sessions)
		return nil
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }() // awaited below
	wantTold(t, told, "READY=1\nSTATUS=0 sessions")
	d.sessions <- 0
	wantTold(t, told, "WATCHDOG=1\n")
	d.sessions <- 1
	wantTold(t, told, "WATCHDOG=1\nSTATUS=1 session")
	d.sessions <- 1
	wantTold(t, told, "WATCHDOG=1\n")
	cancel()
	<-ended
}

func TestSupervisedPeriod(t *testing.T) {
	for watchdog, want := range map[time.Duration]time.Duration{
		0:                statusPeriod,
		6 * time.Second:  3 * time.Second,
		10 * time.Minute: statusPeriod,
		1:                time.Millisecond,
	} {
		if got := (&supervised{watchdog: watchdog}).period(); got != want {
			t.Errorf("watchdog %v: %v, want %v", watchdog, got, want)
		}
	}
}

// A service manager that does not listen is worth one line of the log.
func TestSupervisedUnheard(t *testing.T) {
	s, _, _ := newSupervised(0)
	var b bytes.Buffer
	s.log = newLogger(&b, "info", "text")
	s.send = func(string) error { return errors.New("no such file") }
	s.tell("READY=1")
	s.tell("STOPPING=1")
	if strings.Count(b.String(), "\n") != 1 || !strings.Contains(b.String(), "no such file") {
		t.Errorf("the log is %q", b.String())
	}
}

func TestSupervise(t *testing.T) {
	_, d, _ := newSupervised(0)
	var b bytes.Buffer
	log := newLogger(&b, "info", "text")
	t.Setenv("NOTIFY_SOCKET", "")
	if got := supervise(d, log); got != d {
		t.Errorf("supervised by nobody: %T", got)
	}
	t.Setenv("NOTIFY_SOCKET", "/run/none")
	for _, test := range []struct {
		usec, pid string
		want      time.Duration
	}{
		{"30000000", "", 30 * time.Second},
		{"30000000", strconv.Itoa(os.Getpid()), 30 * time.Second},
		{"30000000", strconv.Itoa(os.Getppid()), 0},
		{"3600000000", "", time.Hour},                         // more than 32 bits hold
		{"9999999999999999", "", math.MaxInt64 / 1000 * 1000}, // more than a Duration holds
		{"", "", 0},
	} {
		t.Setenv("WATCHDOG_USEC", test.usec)
		t.Setenv("WATCHDOG_PID", test.pid)
		if got, ok := supervise(d, log).(*supervised); !ok || got.watchdog != test.want || b.Len() > 0 {
			t.Errorf("%+v: got %v; the log is %q", test, got, b.String())
		}
	}
	for _, usec := range []string{"soon", "0", "-30000000"} {
		b.Reset()
		t.Setenv("WATCHDOG_USEC", usec)
		if got, ok := supervise(d, log).(*supervised); !ok || got.watchdog != 0 || !strings.Contains(b.String(), usec) {
			t.Errorf("got %v; the log is %q", got, b.String())
		}
	}
}
