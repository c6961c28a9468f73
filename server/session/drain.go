package session

import (
	"cmp"
	"slices"
	"sync"
)

// Drains bounds how many sessions of a server may wait at their end for slow clients.
// Their backends have ended, so no limit on backends bounds them, and the kernel may
// hold megabytes for each. Its methods may be called concurrently.
type Drains struct {
	Limit int // 0: no limit; not changed while in use

	mu  sync.Mutex
	all []*drain // the oldest first
}

// drain is one of those sessions.
type drain struct {
	pace uint64        // bytes that the client takes in a period, averaged over the last ones
	out  bool          // it has been cut
	cut  chan struct{} // closed when the session has to end
}

// note records that the client has taken n bytes in the last period. The first call
// for a drain adds it to d; if that is one too many, the slowest is cut. One that has
// been cut may not have noticed yet: it does not come back.
func (d *Drains) note(one *drain, n uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if one.out {
		return
	}
	if slices.Contains(d.all, one) {
		one.pace = (7*one.pace + n) / 8 // a client's kernel makes room in large steps
		return
	}
	one.pace = n
	d.all = append(d.all, one)
	if d.Limit > 0 && len(d.all) > d.Limit {
		slowest := slices.MinFunc(d.all, func(a, b *drain) int { return cmp.Compare(a.pace, b.pace) })
		d.remove(slowest)
		slowest.out = true
		close(slowest.cut)
	}
}

// leave removes a drain, if it is still in d.
func (d *Drains) leave(one *drain) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.remove(one)
}

// remove removes a drain. d.mu is held.
func (d *Drains) remove(one *drain) {
	d.all = slices.DeleteFunc(d.all, func(other *drain) bool { return other == one })
}
