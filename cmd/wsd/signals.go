package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const (
	// endWait bounds the wait at the end: for a killed server, a reload, or the start.
	endWait = 500 * time.Millisecond
	// reloadPatience is how long a reload may take before the log says so.
	reloadPatience = 5 * time.Second
)

// echoTime is how long after the first stop signal the same one is an echo, not a
// second request: timeout(1), for one, signals its child and then the child's
// group.
const echoTime = 100 * time.Millisecond

var errKilled = errors.New("killed by a second signal, before every session was closed")

// daemon is what serve needs of a *server.Server.
type daemon interface {
	Run(ctx context.Context) error
	Reload()
	Kill()
}

// signals are the requests that come as signals. A channel that is full takes no
// more: those to stop have one of their own, which no number of SIGHUP fills. hangUp
// gets each SIGHUP, too, which stops if terminalGone; it is nil where there is no
// terminal to watch.
type signals struct {
	stop, reload, hangUp <-chan os.Signal
	terminalGone         func() bool
}

// notify relays the signals that serve obeys. It lasts until the process ends:
// otherwise a late signal would end wsd with a status of its own.
//
// SIGINT and SIGHUP arrive even where wsd was started with them ignored, as a
// script's background command or by nohup. SIGQUIT is one of them so that ^\
// shows nobody a stack trace. SIGPIPE must not have its default effect, which
// would end the server when nobody reads its log any more; unlike ignoring it,
// this leaves the backends' own SIGPIPE alone.
func notify() signals {
	on := signals{terminalGone: watchTerminal()}
	if on.terminalGone != nil {
		hangUp := make(chan os.Signal, 1)
		signal.Notify(hangUp, syscall.SIGHUP)
		on.hangUp = hangUp
	}
	stop := make(chan os.Signal, 8)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT)
	reload := make(chan os.Signal, 1) // one that waits is enough: it reads what is there by then
	signal.Notify(reload, syscall.SIGHUP)
	pipe := make(chan os.Signal, 1) // never read: the write fails, that's all
	signal.Notify(pipe, syscall.SIGPIPE)
	on.stop, on.reload = stop, reload
	return on
}

// serve runs d until it ends. The first signal to stop cancels the context
// that Run got, the second kills. Reloads run beside that. The hang-up of the terminal
// stops, and never kills, since the kernel and the shell may both tell of it.
func serve(ctx context.Context, d daemon, on signals, log *slog.Logger) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended, over, reloaded := make(chan error, 1), make(chan struct{}), make(chan struct{})
	// Run returns when ctx is done or after Kill; serve waits for it, after
	// Kill for a bounded time.
	go func() { ended <- d.Run(ctx) }()
	// Ends when over is closed. serve waits for it, but not for a reload that
	// hangs: that one ends with the process.
	go func() { defer close(reloaded); reload(d, on.reload, over, log) }()
	defer func() { close(over); within(endWait, reloaded) }()
	var first stopRequest
	for {
		select {
		case err := <-ended:
			return err
		case s := <-on.hangUp:
			if ctx.Err() == nil && on.terminalGone() {
				first = stopRequest{s, time.Now()}
				cancel()
			}
		case s := <-on.stop:
			switch {
			case ctx.Err() == nil:
				first = stopRequest{s, time.Now()}
				cancel()
			case first.echoes(s, time.Now()):
			default:
				d.Kill()
				within(endWait, ended)
				return errKilled
			}
		}
	}
}

// within waits for c, but no longer than d.
func within[T any](d time.Duration, c <-chan T) {
	select {
	case <-c:
	case <-time.After(d):
	}
}

// reload reloads d for each request, one after the other, until over is closed.
func reload(d daemon, requests <-chan os.Signal, over <-chan struct{}, log *slog.Logger) {
	for {
		select {
		case <-requests:
			slow := time.AfterFunc(reloadPatience, func() {
				log.Warn("reading the files again takes long; the old ones stay in use until it is done",
					"hint", "is one of them on a file system that does not answer, or a pipe?")
			})
			d.Reload()
			slow.Stop()
		case <-over:
			return
		}
	}
}

// stopRequest is the signal that stopped the server and when it came.
type stopRequest struct {
	signal os.Signal
	at     time.Time
}

// echoes reports whether s is the same request once more.
func (r stopRequest) echoes(s os.Signal, now time.Time) bool {
	return s == r.signal && now.Sub(r.at) < echoTime
}
