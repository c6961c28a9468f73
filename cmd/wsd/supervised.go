package main

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"os"
	"strconv"
	"sync"
	"time"

	sdnotify "github.com/coreos/go-systemd/v22/daemon"
)

// statusPeriod is the time between two checks of the number of sessions, unless a
// watchdog needs to hear more often.
const statusPeriod = 10 * time.Second

// watchable is what supervise needs of a *server.Server: a daemon that shows its
// state.
type watchable interface {
	daemon
	Listening() <-chan struct{}
	Sessions() int
}

// supervise returns d or, if a service manager wants to be notified of its state,
// a daemon that does so: sd_notify(3), sd_watchdog_enabled(3).
func supervise(d watchable, log *slog.Logger) daemon {
	if os.Getenv("NOTIFY_SOCKET") == "" {
		return d
	}
	watchdog, err := watchdogTime()
	if err != nil {
		log.Warn("the watchdog is off", "error", err)
	}
	return &supervised{
		watchable: d,
		watchdog:  watchdog,
		log:       log,
		send:      func(state string) error { _, err := sdnotify.SdNotify(false, state); return err },
	}
}

// watchdogTime is how long the service manager lets this process be silent, or 0
// if it has no watchdog, or one for another process. The function of go-systemd
// fails on 32-bit platforms from 36 minutes on.
func watchdogTime() (time.Duration, error) {
	text, pid := os.Getenv("WATCHDOG_USEC"), os.Getenv("WATCHDOG_PID")
	if text == "" || pid != "" && pid != strconv.Itoa(os.Getpid()) {
		return 0, nil
	}
	usec, err := strconv.ParseInt(text, 10, 64)
	if err != nil || usec <= 0 {
		return 0, fmt.Errorf("WATCHDOG_USEC=%q is not a number of microseconds", text)
	}
	return time.Duration(min(usec, math.MaxInt64/int64(time.Microsecond))) * time.Microsecond, nil
}

// supervised is a daemon that tells its state to a service manager.
type supervised struct {
	watchable
	watchdog time.Duration // a server silent for that long is killed; 0: never
	send     func(state string) error
	log      *slog.Logger
	warn     sync.Once // a message could not be sent

	mu    sync.Mutex // held while a change of phase, or a reload's begin or end, is told
	phase phase
}

type phase int

const (
	phaseStarting phase = iota
	phaseServing
	phaseStopping
)

// Run runs the server, and notifies the service manager when it listens and when
// it begins to stop.
func (s *supervised) Run(ctx context.Context) error {
	over, told := make(chan struct{}), make(chan struct{})
	// Ends when over is closed; Run waits for it.
	go func() { defer close(told); s.watch(ctx, over) }()
	err := s.watchable.Run(ctx)
	close(over)
	<-told
	return err
}

// Reload reloads the server, with RELOADING=1 before and READY=1 after it. Both
// would be wrong for a server that does not serve yet, or no longer does. A reload
// that hangs delays no other notification. It is not called concurrently.
func (s *supervised) Reload() {
	s.tellServing(sdnotify.SdNotifyReloading + "\n" + sdnotify.SdNotifyMonotonicUsec())
	s.watchable.Reload()
	s.tellServing(sdnotify.SdNotifyReady)
}

// tellServing tells what is true of a server only while it serves.
func (s *supervised) tellServing(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase == phaseServing {
		s.tell(text)
	}
}

// watch sends all notifications but those of reloads, until over is closed.
func (s *supervised) watch(ctx context.Context, over <-chan struct{}) {
	select {
	case <-s.Listening():
		s.enter(phaseServing, sdnotify.SdNotifyReady+"\n"+sessionsText(0))
	case <-ctx.Done():
	case <-over:
		return // it could not even listen
	}
	beat := time.NewTicker(s.period())
	defer beat.Stop()
	for stop, known := ctx.Done(), 0; ; {
		select {
		case <-stop:
			s.enter(phaseStopping, sdnotify.SdNotifyStopping)
			stop = nil
		case <-over:
			if stop != nil { // it ended before its stop was noticed, or by itself
				s.enter(phaseStopping, sdnotify.SdNotifyStopping)
			}
			return
		case <-beat.C:
			known = s.beat(known)
		}
	}
}

// period is half of the watchdog's time, as sd_watchdog_enabled(3) recommends.
func (s *supervised) period() time.Duration {
	if s.watchdog == 0 {
		return statusPeriod
	}
	return max(min(s.watchdog/2, statusPeriod), time.Millisecond)
}

// beat sends the number of sessions, if it is not known, and that the server is
// alive: a server whose lock is stuck does not get past Sessions.
func (s *supervised) beat(known int) int {
	sessions := s.Sessions()
	text := ""
	if s.watchdog != 0 {
		text = sdnotify.SdNotifyWatchdog + "\n"
	}
	if sessions != known {
		text += sessionsText(sessions)
	}
	if text != "" {
		s.tell(text)
	}
	return sessions
}

func sessionsText(n int) string {
	if n == 1 {
		return "STATUS=1 session"
	}
	return fmt.Sprintf("STATUS=%d sessions", n)
}

func (s *supervised) tell(text string) {
	if err := s.send(text); err != nil {
		s.warn.Do(func() { s.log.Warn("the service manager can't be notified", "error", err) })
	}
}

// enter begins a phase and sends text.
func (s *supervised) enter(next phase, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.phase = next
	s.tell(text)
}
