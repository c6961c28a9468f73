package guard

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/bcrypt"
)

const adaFile = "ada:" + right4 + "\n"

// newTestLogins knows ada's password and compares by compare.
func newTestLogins(t *testing.T, compare comparison) *Logins {
	t.Helper()
	l, err := NewLogins(passwordFile(t, adaFile), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	l.compare = compare
	return l
}

// gated makes comparisons wait, and counts them.
type gated struct {
	all  atomic.Int64
	open chan struct{} // closed to let all end
}

func newGated() *gated { return &gated{open: make(chan struct{})} }

func (g *gated) compare(hash, password []byte) error {
	g.all.Add(1)
	<-g.open
	return bcrypt.CompareHashAndPassword(hash, password)
}

// However many wrong logins come at once, few are compared at a time, those that
// wait too long are told so, and whoever has logged in before goes on.
func TestManyWrongLogins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTestLogins(t, bcrypt.CompareHashAndPassword)
		if err := l.Check(t.Context(), "ada", "right"); err != nil {
			t.Fatal(err)
		}
		g := newGated()
		l.compare = g.compare
		const count = 1000
		var all sync.WaitGroup
		var busy, wrong atomic.Int64
		for i := range count {
			all.Go(func() { // ends when all comparisons are let through
				switch err := l.Check(t.Context(), "ada", "wrong"+strconv.Itoa(i)); err {
				case errTooManyLogins:
					busy.Add(1)
				case errWrongLogin:
					wrong.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		turns := int64(cap(l.turns))
		time.Sleep(loginPatience)
		synctest.Wait()
		if err := l.Check(t.Context(), "ada", "right"); err != nil {
			t.Errorf("whoever has logged in before: %v", err)
		}
		if compared := g.all.Load(); compared != turns || busy.Load() != count-turns {
			t.Errorf("%d are compared at once, and %d sent away; there are %d turns", compared, busy.Load(), turns)
		}
		close(g.open)
		all.Wait()
		if wrong.Load() != turns {
			t.Errorf("%d were compared, want %d", wrong.Load(), turns)
		}
	})
}

// The requests of a page cost one comparison, also when they come at once; a
// wrong password costs one each time.
func TestLoginIsRemembered(t *testing.T) {
	g := newGated()
	close(g.open)
	l := newTestLogins(t, g.compare)
	l.turns = make(chan struct{}, 1)
	ask := func(password string, count, want int) {
		t.Helper()
		before := g.all.Load()
		var all sync.WaitGroup
		for range count {
			all.Go(func() { l.Check(t.Context(), "ada", password) })
		}
		all.Wait()
		if got := g.all.Load() - before; got != int64(want) {
			t.Errorf("%d comparisons for %d logins, want %d", got, count, want)
		}
	}
	ask("right", 20, 1)
	ask("right", 1, 0)
	ask("wrong", 3, 3)
	ask("right", 1, 0)
	l.Reload()
	ask("right", 2, 1)
}

// A client that leaves while it waits takes nobody's turn.
func TestLoginClientLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGated()
		l := newTestLogins(t, g.compare)
		l.turns = make(chan struct{}, 1)
		first := make(chan error, 1)
		go func() { first <- l.Check(t.Context(), "ada", "wrong") }() // ends when the comparison is let through
		synctest.Wait()
		ctx, leave := context.WithCancel(t.Context())
		left := make(chan error, 1)
		go func() { left <- l.Check(ctx, "ada", "right") }() // ends by leave
		synctest.Wait()
		leave()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("the client that left: %v", err)
		}
		close(g.open)
		if err := <-first; err != errWrongLogin || g.all.Load() != 1 {
			t.Errorf("%v, and %d comparisons", err, g.all.Load())
		}
	})
}
