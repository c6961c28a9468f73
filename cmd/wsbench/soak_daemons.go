package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"syscall"
	"time"
)

const (
	// soakCloseMS is the --closems of the daemons: a backend on a busy machine may
	// take its time to see the end of its stdin.
	soakCloseMS = 60_000
	// threadsKept is how many threads more than at its start a daemon may have at
	// its end. A Go program keeps those that it once needed; more than these
	// come from something that holds one for each session.
	threadsKept = 100
	settlePoll  = 50 * time.Millisecond
)

// soakDaemon is one daemon of a soak, and what it held.
type soakDaemon struct {
	*daemon
	name          string
	share         soakShare
	before, after soakFootprint
	idle          int // goroutines of a daemon that has done nothing; -1 when not known
}

// soakFootprint is what a daemon holds.
type soakFootprint struct {
	processFootprint
	peak        int64 // memory, in bytes
	children    int
	descriptors int
	goroutines  int // -1 when not known
	cpu         time.Duration
	resting     bool // it has used no CPU since the look before
}

func (d *soakDaemon) pid() int { return d.cmd.Process.Pid }

// startSoakDaemon starts a daemon, and another one that shows how many
// goroutines it has when it is idle.
func startSoakDaemon(ctx context.Context, program []string, name string, share soakShare, cert *certificate, backend []string) (*soakDaemon, error) {
	command := append(slices.Clone(program), fmt.Sprintf("--closems=%d", soakCloseMS))
	if !share.tls {
		cert = nil
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

// startResting starts a daemon and waits until it has nothing more to do for
// its start.
func startResting(ctx context.Context, command []string, cert *certificate, backend []string) (*soakDaemon, error) {
	d, err := startDaemon(ctx, command, cert, backend)
	if err != nil {
		return nil, fmt.Errorf("starting a daemon: %w", err)
	}
	n := &soakDaemon{daemon: d}
	n.before = n.settled(ctx, stopLimit, func(f soakFootprint) bool { return f.resting })
	return n, nil
}

// settled looks at the daemon until what it holds is enough, at most for as
// long as limit, and returns the least that it held.
func (d *soakDaemon) settled(ctx context.Context, limit time.Duration, enough func(soakFootprint) bool) soakFootprint {
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
		now.descriptors = min(now.descriptors, least.descriptors)
		now.resting = now.cpu == least.cpu
		least = now
	}
	return least
}

// look is what the daemon holds now.
func (d *soakDaemon) look() soakFootprint {
	f := soakFootprint{goroutines: -1}
	f.processFootprint, _ = footprint(d.pid())
	f.peak = peakMemory(d.pid())
	f.children, _ = children(d.pid())
	f.descriptors = descriptors(d.pid())
	f.cpu, _ = cpuTime(d.pid())
	return f
}

// leaks is what the daemon still holds when all of its sessions have ended, in
// words. It ends the daemon.
func (d *soakDaemon) leaks(ctx context.Context, patience time.Duration) []string {
	d.after = d.settled(ctx, patience, func(f soakFootprint) bool {
		return f.children <= d.before.children && f.descriptors <= d.before.descriptors && f.resting
	})
	d.after.goroutines = d.abort()
	var found []string
	leak := func(what string, before, after, spare int) {
		if after > before+spare {
			found = append(found, fmt.Sprintf("%s: %s: %d at the start, %d at the end", d.name, what, before, after))
		}
	}
	leak("children", d.before.children, d.after.children, 0)
	leak("descriptors", d.before.descriptors, d.after.descriptors, 0)
	leak("threads", d.before.threads, d.after.threads, threadsKept)
	leak("goroutines", d.idle, d.after.goroutines, 0)
	return found
}

// goroutine is what Go prints of one that is neither g0 nor, see below, the
// runtime's own.
var goroutine = regexp.MustCompile(`(?m)^goroutine [1-9].*\n(?:.+\n)*`)

// abort ends the daemon and tells how many goroutines it had. A Go program that
// does not catch SIGABRT prints them all. It is -1 for another program.
func (d *daemon) abort() int {
	defer d.stop()
	if err := d.cmd.Process.Signal(syscall.SIGABRT); err != nil {
		return -1
	}
	select {
	case <-d.ended:
	case <-time.After(stopLimit):
		return -1
	}
	text, err := os.ReadFile(d.output.Name())
	n := 0
	for _, one := range goroutine.FindAll(text, -1) {
		if !bytes.Contains(one, []byte("\ncreated by runtime.")) {
			n++
		}
	}
	if err != nil || n == 0 {
		return -1
	}
	return n
}
