package websocket

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"wsd/server/lazyio"
)

// Budget bounds the memory that messages in the making take, of all connections
// together, but for one buffer of each. A connection that wants more than there is
// waits for it. When that takes too long, the one that has held most for longest is
// closed, and not the one that waits. Its methods may be called concurrently. The
// zero Budget has no limit.
type Budget struct {
	Limit int64 // bytes; 0: no limit; not changed while in use
	// Patience is how long memory is waited for, up to half as long again, before
	// somebody who holds some must give it back. It is not changed while in use.
	Patience time.Duration

	mu      sync.Mutex
	used    int64 // bytes
	stuck   int64 // of these, what those hold that wait for more
	holders map[*share]struct{}
	waiting []*share    // in the order of their coming
	timer   *time.Timer // runs while somebody waits
}

// share is what one Receiver has of a Budget. Its fields are guarded by the Budget's
// mutex.
type share struct {
	budget *Budget
	evict  func() // makes the owner give all back soon; it must not block

	bytes   int64
	since   time.Time // when the first of them was taken
	granted chan bool // where the owner waits; nil while it doesn't
	asked   time.Time // when that began
	evicted time.Time // when it was asked to give all back; zero before
	left    bool      // it waits no more
}

// Used is how many bytes are taken now.
func (b *Budget) Used() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used
}

// take takes one more buffer, unless it had to wait for it.
func (s *share) take() bool {
	b := s.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) > 0 || !b.fits() {
		return false
	}
	b.grant(s)
	return true
}

// await takes one more buffer as soon as it is its turn. It reports false when it
// will get none: it has been evicted, or the owner has left.
func (s *share) await() bool {
	b := s.budget
	b.mu.Lock()
	if s.left || !s.evicted.IsZero() {
		b.mu.Unlock()
		return false
	}
	granted := make(chan bool, 1)
	s.granted, s.asked = granted, time.Now()
	b.stuck += s.bytes
	if b.waiting = append(b.waiting, s); len(b.waiting) == 1 {
		b.timer = time.AfterFunc(b.Patience/2, b.lookOverdue)
	}
	b.settle()
	b.mu.Unlock()
	return <-granted
}

// giveBack gives all back, and reports whether it had been asked for.
func (s *share) giveBack() (evicted bool) {
	b := s.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	if s.bytes > 0 {
		b.used -= s.bytes
		s.bytes = 0
		delete(b.holders, s)
		b.settle()
	}
	return !s.evicted.IsZero()
}

// leave ends the owner's wait, and each later one.
func (s *share) leave() (evicted bool) {
	b := s.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	s.left = true
	if s.granted != nil {
		b.answer(s, false)
		b.settle()
	}
	return !s.evicted.IsZero()
}

// From here on, b.mu is held.

func (b *Budget) fits() bool { return b.Limit == 0 || b.used+lazyio.BufferSize <= b.Limit }

func (b *Budget) grant(s *share) {
	if s.bytes == 0 {
		s.since = time.Now()
		if b.holders == nil {
			b.holders = make(map[*share]struct{})
		}
		b.holders[s] = struct{}{}
	}
	s.bytes += lazyio.BufferSize
	b.used += lazyio.BufferSize
}

// answer ends the wait of s.
func (b *Budget) answer(s *share, granted bool) {
	b.waiting = slices.DeleteFunc(b.waiting, func(w *share) bool { return w == s })
	b.stuck -= s.bytes
	if granted {
		b.grant(s)
	}
	s.granted <- granted
	s.granted = nil
	if len(b.waiting) == 0 {
		b.timer.Stop()
	}
}

// settle serves those that wait, as far as there is memory. If all that hold some
// wait themselves, nothing would ever be given back: one of them must.
func (b *Budget) settle() {
	for len(b.waiting) > 0 && b.fits() {
		b.answer(b.waiting[0], true)
	}
	if len(b.waiting) > 0 && b.used == b.stuck {
		b.evict(lazyio.BufferSize)
	}
}

// evict closes those that have held most for longest, until need bytes are to be
// given back. Where nobody holds anything, all the memory there is could not do, and
// the one that has waited longest is closed.
func (b *Budget) evict(need int64) {
	now := time.Now()
	weight := func(s *share) float64 { return float64(s.bytes) * now.Sub(s.since).Seconds() }
	var candidates []*share
	for s := range b.holders {
		if s.evicted.IsZero() {
			candidates = append(candidates, s)
		} else if now.Sub(s.evicted) < 5*b.Patience { // its backend has to end first, perhaps
			need -= s.bytes
		}
	}
	if b.used == 0 {
		candidates = b.waiting[:1]
	}
	slices.SortFunc(candidates, func(s, t *share) int { return cmp.Compare(weight(t), weight(s)) })
	for _, s := range candidates {
		if need <= 0 {
			return
		}
		need -= s.bytes
		s.evicted = now
		if s.granted != nil {
			b.answer(s, false)
		} else {
			s.evict()
		}
	}
}

// lookOverdue is what the timer calls: it makes room for all that have waited for
// too long.
func (b *Budget) lookOverdue() {
	b.mu.Lock()
	defer b.mu.Unlock()
	overdue := 0
	for overdue < len(b.waiting) && time.Since(b.waiting[overdue].asked) >= b.Patience {
		overdue++
	}
	if overdue > 0 {
		b.evict(int64(overdue) * lazyio.BufferSize)
	}
	if len(b.waiting) > 0 {
		b.timer.Reset(b.Patience / 2)
	}
}
