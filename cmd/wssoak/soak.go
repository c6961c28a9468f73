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

// soak is a load of many sessions for a long time. Each has a slot: when a session
// ends, the next one is opened in its slot.
type soak struct {
	command  []string // the daemon's program, and arguments before its flags
	plan     plan
	duration time.Duration // from when all sessions are open
	rate     int           // messages a second that all clients send together, and all backends
	churn    int           // sessions a second that end and are replaced
	patience time.Duration // a longer wait is a hang
	leftover time.Duration // until all that a session held must be gone after its end

	every    time.Duration // mean time between two bursts in a session
	records  *os.File
	daemons  []*loadedDaemon
	gate     chan struct{} // has an element for each session that is being opened or ended
	numbers  atomic.Int64
	counts   counts
	progress io.Writer // for the progress line
	start    time.Time
	full     atomic.Int64  // nanoseconds from start until all sessions were open; 0 before that
	lasted   time.Duration // from then until they began to end
	up       traffic       // in that time
	leaked   []string
}

const (
	// gateWidth is how many sessions may be opened or ended at once: as many as the
	// listeners' backlogs and the cores can cope with.
	gateWidth = 32
	// blameLimit is how much may go wrong before it is no use to go on.
	blameLimit = 1000
)

// run does it all. Its error says why it could not; what went wrong in sessions is in
// s.counts.
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
	s.every = max(time.Millisecond, time.Second*time.Duration(s.plan.sessions*(1+burst))/time.Duration(2*s.rate))
	s.gate = make(chan struct{}, gateWidth)
	defer killBackends(records.Name())
	defer func() {
		for _, d := range s.daemons {
			d.Kill() // or it has ended
		}
	}()
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
			default: // it has been told to end already
			}
		}
	}
}

// slot runs one session after another on d. The first one is reported to opened.
func (s *soak) slot(ctx context.Context, cancel context.CancelCauseFunc, d *loadedDaemon, ends <-chan ending, closing <-chan struct{}, opened *sync.WaitGroup) {
	first := sync.OnceFunc(opened.Done)
	defer first()
	for ctx.Err() == nil {
		s.gate <- struct{}{}
		n, err := s.open(ctx, d)
		<-s.gate
		if err != nil {
			s.blame(ctx, cancel, "%s: opening a session: %v", d.name, err)
			continue
		}
		s.counts.begin()
		first()
		e, last, err := n.talk(ctx, ends, closing)
		if err == nil {
			s.gate <- struct{}{}
			err = n.finish(e)
			<-s.gate
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

// blame counts something that went wrong, unless the soak is over. Too much of that
// ends the soak.
func (s *soak) blame(ctx context.Context, cancel context.CancelCauseFunc, format string, args ...any) {
	if ctx.Err() != nil {
		return
	}
	s.counts.blame(format, args...)
	if s.counts.blamed() >= blameLimit {
		cancel(errors.New("too much went wrong"))
	}
}
