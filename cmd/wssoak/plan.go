package main

import (
	"fmt"
	"strings"
)

const (
	// sessionDescriptors is how many descriptors a session costs a daemon: a socket,
	// three pipes and, at times, a handle on the process.
	sessionDescriptors = 5
	spareDescriptors   = 200
	spareProcesses     = 2000 // for what else runs on the machine
	// sessionMemory is the memory, in bytes, that a session takes for its backend, pipes
	// and sockets and in the client.
	sessionMemory = 700 << 10
	tlsShare      = 20 // one session in so many has TLS
)

// limits are what the machine allows; 0 is not known, or no limit.
type limits struct {
	descriptors int   // of one process
	processes   int   // of this user or of the machine, whichever is lower
	memory      int64 // that is available, in bytes
}

// plan is how many sessions are open at once, and which daemons carry them.
type plan struct {
	sessions int
	daemons  []share
	notes    []string // why there are fewer sessions than wanted
}

// share is what one daemon carries.
type share struct {
	sessions int
	tls      bool
}

// newPlan spreads sessions over as many daemons as the limit of descriptors makes
// necessary. If the machine has no room for all sessions, there are fewer and a note.
func newPlan(sessions int, l limits) plan {
	p := plan{sessions: sessions}
	p.fit("a process may open %d descriptors", int64(l.descriptors), int64(l.descriptors-spareDescriptors))
	p.fit("the limit is %d processes", int64(l.processes), int64(l.processes-spareProcesses))
	p.fit("%d MiB of memory are available", l.memory>>20, l.memory/sessionMemory)
	most := max(1, p.sessions)
	if l.descriptors > 0 {
		most = max(1, (l.descriptors-spareDescriptors)/sessionDescriptors)
	}
	secret := (p.sessions + tlsShare - 1) / tlsShare
	p.spread(p.sessions-secret, most, false)
	p.spread(secret, most, true)
	return p
}

// fit lowers the sessions to room and notes why, if there is a limit.
func (p *plan) fit(why string, limit, room int64) {
	if limit == 0 || int64(p.sessions) <= room {
		return
	}
	room = max(0, room)
	p.notes = append(p.notes, fmt.Sprintf("%d sessions instead of %d: "+why, room, p.sessions, limit))
	p.sessions = int(room)
}

// spread adds daemons for n sessions, none of which carries more than most.
func (p *plan) spread(n, most int, tls bool) {
	daemons := (n + most - 1) / most
	for i := range daemons {
		p.daemons = append(p.daemons, share{(n + i) / daemons, tls})
	}
}

// String is "100 sessions over 2 daemons: 95, 5 with TLS".
func (p plan) String() string {
	var parts []string
	for _, d := range p.daemons {
		part := fmt.Sprint(d.sessions)
		if d.tls {
			part += " with TLS"
		}
		parts = append(parts, part)
	}
	return fmt.Sprintf("%d sessions over %d daemons: %s", p.sessions, len(p.daemons), strings.Join(parts, ", "))
}
