package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// killWait bounds the wait for a killed server.
const killWait = 500 * time.Millisecond

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

// notify relays the signals that serve obeys. It lasts until the process ends:
// otherwise a late signal would end wsd with a status of its own.
//
// SIGINT and SIGHUP arrive even where wsd was started with them ignored, as a
// script's background command or by nohup. SIGQUIT is one of them so that ^\
// shows nobody a stack trace. SIGPIPE must not have its default effect, which
// would end the server when nobody reads its log any more; unlike ignoring it,
// this leaves the backends' own SIGPIPE alone.
func notify() <-chan os.Signal {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGHUP)
	pipe := make(chan os.Signal, 1) // never read: the write fails, that's all
	signal.Notify(pipe, syscall.SIGPIPE)
	return signals
}

// serve runs d until it ends. The first signal to stop cancels the context
// that Run got, the second kills; SIGHUP reloads.
func serve(ctx context.Context, d daemon, signals <-chan os.Signal) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	// Run returns when ctx is done or after Kill; serve waits for it, after
	// Kill for a bounded time.
	go func() { ended <- d.Run(ctx) }()
	var first stopRequest
	for {
		select {
		case err := <-ended:
			return err
		case s := <-signals:
			switch {
			case s == syscall.SIGHUP:
				d.Reload()
			case ctx.Err() == nil:
				first = stopRequest{s, time.Now()}
				cancel()
			case first.echoes(s, time.Now()):
			default:
				return kill(d, ended)
			}
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

// kill returns when the server has ended, or would take too long.
func kill(d daemon, ended <-chan error) error {
	d.Kill()
	select {
	case <-ended:
	case <-time.After(killWait):
	}
	return errKilled
}
