package websocket

import (
	"testing"
	"testing/synctest"
	"time"

	"wsd/server/lazyio"
)

const budgetPatience = time.Second

// holding returns shares that hold so many buffers of a budget that these fill. The
// one that is evicted gives all back, after a moment.
func holding(t *testing.T, buffers ...int) (*Budget, []*share) {
	b := &Budget{Patience: budgetPatience}
	var shares []*share
	for _, n := range buffers {
		s := &share{budget: b}
		s.evict = func() {
			go func() { // ends by itself
				time.Sleep(time.Millisecond)
				s.giveBack()
			}()
		}
		for range n {
			if b.Limit += lazyio.BufferSize; !s.take() {
				t.Fatal("there is no memory")
			}
		}
		shares = append(shares, s)
		time.Sleep(time.Millisecond)
	}
	return b, shares
}

// wantAwait has s wait for one more buffer, which must end like this within the time.
func wantAwait(t *testing.T, s *share, granted bool, within time.Duration) {
	t.Helper()
	begun := time.Now()
	if s.take() {
		t.Error("there was nothing to wait for")
	}
	if got := s.await(); got != granted || time.Since(begun) > within {
		t.Errorf("granted: %v after %v, want %v within %v", got, time.Since(begun), granted, within)
	}
}

// wantEvicted fails unless just these have been evicted.
func wantEvicted(t *testing.T, shares []*share, evicted ...bool) {
	t.Helper()
	for i, s := range shares {
		if !s.evicted.IsZero() != evicted[i] {
			t.Errorf("%d: evicted: %v", i, !evicted[i])
		}
	}
}

func TestBudget(t *testing.T) {
	for name, f := range map[string]func(*testing.T){
		"one waits until another gives back": func(t *testing.T) {
			b, held := holding(t, 2, 1)
			time.AfterFunc(budgetPatience/2, func() { held[0].giveBack() })
			wantAwait(t, &share{budget: b}, true, budgetPatience/2)
			wantEvicted(t, held, false, false)
		},
		"who has held most for longest is closed": func(t *testing.T) {
			b, held := holding(t, 1, 3, 3, 2)
			wantAwait(t, &share{budget: b}, true, 3*budgetPatience/2)
			wantEvicted(t, held, false, true, false, false)
		},
		"room is made for all that wait": func(t *testing.T) {
			b, held := holding(t, 1, 1, 1, 1)
			for range 2 {
				go wantAwait(t, &share{budget: b}, true, 3*budgetPatience/2) // ends by then
			}
			wantAwait(t, &share{budget: b}, true, 3*budgetPatience/2)
			wantEvicted(t, held, true, true, true, false)
		},
		"all hold and all wait": func(t *testing.T) {
			_, held := holding(t, 2, 1)
			go func() { // ends below
				wantAwait(t, held[0], false, budgetPatience/2)
				held[0].giveBack()
			}()
			time.Sleep(budgetPatience / 2)
			wantAwait(t, held[1], true, 0)
			wantEvicted(t, held, true, false)
		},
		"more than all there is": func(t *testing.T) {
			b, held := holding(t, 2)
			wantAwait(t, held[0], false, 0)
			wantEvicted(t, held, true)
			held[0].giveBack()
			b.Limit = lazyio.BufferSize - 1
			wantAwait(t, &share{budget: b}, false, 0)
		},
		"one leaves while it waits": func(t *testing.T) {
			b, held := holding(t, 2)
			s := &share{budget: b}
			time.AfterFunc(budgetPatience/2, func() {
				s.leave()
			})
			wantAwait(t, s, false, budgetPatience/2)
			wantAwait(t, s, false, 0) // nor does it wait again
			time.Sleep(2 * budgetPatience)
			wantEvicted(t, held, false)
		},
		"one that gives nothing back when asked": func(t *testing.T) {
			b, held := holding(t, 2, 1)
			held[0].evict = func() {}
			wantAwait(t, &share{budget: b}, true, 7*budgetPatience)
			wantEvicted(t, held, true, true)
		},
	} {
		t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
	}
}
