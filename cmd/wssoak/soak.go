package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"wsd/cmd/internal/command"
	"wsd/cmd/internal/daemon"
)

// soak is a load of many sessions for a long time. A slot is the place of one
// session: when that ends, another one is opened in its stead.
type soak struct {
	command  []string // the daemon's program, and arguments before its flags
	plan     plan
	duration time.Duration // from when all sessions are open
	rate     int           // messages a second that the clients send together, and the backends
	churn    int           // sessions a second that end and are replaced
	patience time.Duration // what only a hang takes
	leftover time.Duration // how long what a session held may be there after its end

	every    time.Duration // between two bursts of a session, on average
	records  *os.File
	daemons  []*loadedDaemon
	gate     chan struct{} // holds one for each session that opens or ends
	numbers  atomic.Int64
	counts   counts
	progress io.Writer // where the progress line goes
	start    time.Time
	full     atomic.Int64  // nanoseconds from start until all sessions were open; 0 before
	lasted   time.Duration // from then until they began to end
	up       traffic       // in that time
	leaked   []string
}

const (
	// gateWidth is how many sessions open or end at once: what the listeners'
	// backlogs and the cores can do with.
	gateWidth = 32
	// blameLimit is how much may go wrong until it is no use to go on.
	blameLimit = 1000
)

// run does it all, and returns an error when it could not be done. What went
// wrong in the sessions is in the counts.
func (s *soak) run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "wssoak-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	cert, err := daemon.MakeCertificate(dir)
	if err != nil {
		return err
	}
	backend, records, err := writeBackend(dir)
	if err != nil {
		return err
	}
	defer records.Close()
	s.records = records
	s.every = time.Duration(float64(s.plan.sessions) * float64(1+burst) / 2 / float64(s.rate) * float64(time.Second))
	s.every = max(s.every, time.Millisecond)
	s.gate = make(chan struct{}, gateWidth)
	defer killBackends(records.Name()) // whatever has happened
	defer s.stopDaemons()
	for i, share := range s.plan.daemons {
		d, err := startLoaded(ctx, s.command, daemonName(i, share), share, cert, backend)
		if err != nil {
			return err
		}
		s.daemons = append(s.daemons, d)
	}
	if err := s.load(ctx); err != nil {
		return err
	}
	for _, d := range s.daemons {
		s.leaked = append(s.leaked, d.leaks(ctx, s.leftover)...)
	}
	return context.Cause(ctx)
}

func daemonName(i int, share share) string {
	name := fmt.Sprintf("daemon %d", i+1)
	if share.tls {
		name += " (TLS)"
	}
	return name
}

// stopDaemons kills the daemons that are still there.
func (s *soak) stopDaemons() {
	for _, d := range s.daemons {
		d.Kill()
	}
}

// load opens all sessions, keeps them up for the duration, and ends them.
func (s *soak) load(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s.start = time.Now()
	defer command.Progress(s.progress, s.line)()
	var ends []chan ending
	closing := make(chan struct{})
	var slots, opened, watching sync.WaitGroup
	for _, d := range s.daemons {
		watching.Go(func() { watch(ctx, d, cancel) }) // ends with ctx
		for range d.share.sessions {
			e := make(chan ending, 1)
			ends = append(ends, e)
			opened.Add(1)
			slots.Go(func() { s.slot(ctx, cancel, d, e, closing, &opened) }) // ends once closing is closed
		}
	}
	opened.Wait()
	full, before := time.Since(s.start), s.counts.traffic()
	s.full.Store(int64(full))
	s.comeAndGo(ctx, ends)
	s.lasted, s.up = time.Since(s.start)-full, s.counts.traffic().minus(before)
	close(closing)
	slots.Wait()
	err := context.Cause(ctx)
	cancel(nil)
	watching.Wait()
	return err
}

// watch ends the soak when a daemon ends.
func watch(ctx context.Context, d *loadedDaemon, cancel context.CancelCauseFunc) {
	select {
	case <-d.Ended:
		cancel(fmt.Errorf("%s ended by itself: %s", d.name, d.Said()))
	case <-ctx.Done():
	}
}

// comeAndGo ends sessions here and there until the duration is over.
func (s *soak) comeAndGo(ctx context.Context, ends []chan ending) {
	over := time.NewTimer(s.duration)
	defer over.Stop()
	tick := time.NewTicker(time.Second / time.Duration(max(1, s.churn)))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-over.C:
			return
		case <-tick.C:
			if s.churn == 0 {
				continue
			}
			select {
			case ends[rand.IntN(len(ends))] <- ending(rand.IntN(int(endings))):
			default: // it is to end already
			}
		}
	}
}

// slot has one session after another on d. opened is told of the first.
func (s *soak) slot(ctx context.Context, cancel context.CancelCauseFunc, d *loadedDaemon, ends <-chan ending, closing <-chan struct{}, opened *sync.WaitGroup) {
	first := sync.OnceFunc(opened.Done)
	defer first()
	for ctx.Err() == nil {
		n, err := gated(s, func() (*session, error) { return s.open(ctx, d) })
		if err != nil {
			s.blame(ctx, cancel, "%s: opening a session: %v", d.name, err)
			continue
		}
		s.counts.begin()
		first()
		e, last, err := n.talk(ctx, ends, closing)
		if err == nil {
			_, err = gated(s, func() (struct{}, error) { return struct{}{}, n.finish(e) })
		}
		n.abandon()
		s.counts.open.Add(-1)
		if err != nil {
			s.blame(ctx, cancel, "%s, session %d, %v: %v", d.name, n.number, e, err)
		}
		if last {
			return
		}
	}
}

// gated calls do when there is room for one more session that opens or ends.
func gated[T any](s *soak, do func() (T, error)) (T, error) {
	s.gate <- struct{}{}
	defer func() { <-s.gate }()
	return do()
}

// blame counts what went wrong, unless the soak is over; too much of that ends
// it.
func (s *soak) blame(ctx context.Context, cancel context.CancelCauseFunc, format string, args ...any) {
	if ctx.Err() != nil {
		return
	}
	s.counts.blame(format, args...)
	if s.counts.blamed() >= blameLimit {
		cancel(errors.New("too much went wrong"))
	}
}
