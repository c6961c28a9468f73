package main

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"slices"
	"syscall"
	"time"

	"wsd/cmd/internal/daemon"
)

const (
	// closeMS is the daemons' --closems: on a busy machine a backend may be slow to
	// see the end of its stdin.
	closeMS = 60_000
	// threadsKept is how many more threads a daemon may have in the end than at its
	// start. A Go program keeps those that it once needed; more than this many mean
	// that something holds one for each session.
	threadsKept = 100
	settlePoll  = 50 * time.Millisecond
	settleLimit = 2 * time.Second // within which a daemon is ready after its start
	abortLimit  = time.Minute     // within which a Go program ends on SIGABRT
)

// loadedDaemon is one daemon of a soak, and what it held.
type loadedDaemon struct {
	*daemon.Daemon
	name          string
	share         share
	before, after footprint
	idle          int // goroutines of a daemon without sessions; -1 when not known
}

// footprint is what a daemon holds.
type footprint struct {
	daemon.Footprint
	children   int
	goroutines int // -1 when not known
	cpu        time.Duration
	resting    bool // it has used no CPU since the previous look
}

func (d *loadedDaemon) pid() int { return d.Process().Pid }

// startLoaded starts a daemon. Before that it starts and ends one to see how many
// goroutines it has without sessions.
func startLoaded(ctx context.Context, program []string, name string, share share, cert string, backend []string) (*loadedDaemon, error) {
	command := append(slices.Clone(program), fmt.Sprintf("--closems=%d", closeMS))
	if !share.tls {
		cert = ""
	}
	spare, err := startResting(ctx, command, cert, backend)
	if err != nil {
		return nil, err
	}
	idle := spare.abort()
	d, err := startResting(ctx, command, cert, backend)
	if err != nil {
		return nil, err
	}
	d.name, d.share, d.idle = name, share, idle
	return d, nil
}

// startResting starts a daemon and waits until it has finished its start.
func startResting(ctx context.Context, command []string, cert string, backend []string) (*loadedDaemon, error) {
	d, err := daemon.Start(ctx, command, cert, backend)
	if err != nil {
		return nil, fmt.Errorf("starting a daemon: %w", err)
	}
	n := &loadedDaemon{Daemon: d}
	n.before = n.settled(ctx, settleLimit, func(f footprint) bool { return f.resting })
	return n, nil
}

// settled looks at the daemon until enough reports true, at most for as long as
// limit, and returns the least that the daemon held.
func (d *loadedDaemon) settled(ctx context.Context, limit time.Duration, enough func(footprint) bool) footprint {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(settlePoll)
	defer tick.Stop()
	least := d.look()
	for !enough(least) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return least
		}
		now := d.look()
		now.children = min(now.children, least.children)
		now.Descriptors = min(now.Descriptors, least.Descriptors)
		now.resting = now.cpu == least.cpu
		least = now
	}
	return least
}

// look is what the daemon holds now.
func (d *loadedDaemon) look() footprint {
	f := footprint{goroutines: -1}
	f.Footprint, _ = daemon.Look(d.pid())
	f.children, _ = daemon.Children(d.pid())
	f.cpu, _ = daemon.CPUTime(d.pid())
	return f
}

// leaks says what the daemon still holds after the end of all its sessions. It ends
// the daemon.
func (d *loadedDaemon) leaks(ctx context.Context, limit time.Duration) []string {
	d.after = d.settled(ctx, limit, func(f footprint) bool {
		return f.children <= d.before.children && f.Descriptors <= d.before.Descriptors && f.resting
	})
	d.after.goroutines = d.abort()
	var found []string
	leak := func(what string, before, after, spare int) {
		if after > before+spare {
			found = append(found, fmt.Sprintf("%s: %s: %d at the start, %d at the end", d.name, what, before, after))
		}
	}
	leak("children", d.before.children, d.after.children, 0)
	leak("descriptors", d.before.Descriptors, d.after.Descriptors, 0)
	leak("threads", d.before.Threads, d.after.Threads, threadsKept)
	leak("goroutines", d.idle, d.after.goroutines, 0)
	return found
}

// goroutine matches what Go prints of a goroutine that is not g0.
var goroutine = regexp.MustCompile(`(?m)^goroutine [1-9].*\n(?:.+\n)*`)

// abort ends the daemon and returns how many goroutines it had, apart from the
// runtime's own: a Go program that does not catch SIGABRT prints them all. It is -1
// for any other program.
func (d *loadedDaemon) abort() int {
	defer d.Stop()
	if err := d.Process().Signal(syscall.SIGABRT); err != nil {
		return -1
	}
	select {
	case <-d.Ended:
	case <-time.After(abortLimit):
		return -1
	}
	n := 0
	for _, one := range goroutine.FindAll(d.Output(), -1) {
		if !bytes.Contains(one, []byte("\ncreated by runtime.")) {
			n++
		}
	}
	if n == 0 {
		return -1
	}
	return n
}
