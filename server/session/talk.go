package session

import (
	"sync/atomic"
	"time"

	"wsd/server/lazyio"
)

// talk is when input and output of a backend began. The times are nanoseconds since
// the session began, and 0 until then.
type talk struct {
	firstIn  atomic.Int64 // the backend's pipe has taken its first input
	stop     atomic.Int64 // its stdin is about to end
	firstOut int64        // its first output came; belongs to the sending goroutine
}

func now(begun time.Time) int64 { return max(1, int64(time.Since(begun))) }

// asked notes input.
func (t *talk) asked(begun time.Time) {
	if t.firstIn.Load() == 0 {
		t.firstIn.Store(now(begun))
	}
}

// stopped notes that stdin is about to end.
func (t *talk) stopped(begun time.Time) { t.stop.Store(now(begun)) }

// answered notes output, if in has some.
func (t *talk) answered(in *lazyio.Reader, begun time.Time) {
	if t.firstOut == 0 && len(in.Unread()) > 0 {
		t.firstOut = now(begun)
	}
}

// late reports whether the backend has probably held its output back, as programs do
// that write to a pipe through a buffer. It had input for cfg.LateAfter or longer, and
// said nothing; then its stdin ended, and within cfg.LateWithin it had something to
// say. cpu is the processor time that it has used. A backend that has computed all the
// time has used more of it than the little that is needed to start and to read.
//
// A backend that says nothing at all, one that says something before its stdin ends,
// such as a greeting, and one that takes longer for its answer are not late. What
// can't be told apart is a backend that means to answer only at the end, as sort does,
// and one that slept or waited for another program and happened to be ready at that
// moment.
func (t *talk) late(cfg *Config, cpu time.Duration) bool {
	const starts = 500 * time.Millisecond // what an interpreter may need
	in, stop := t.firstIn.Load(), t.stop.Load()
	if in == 0 || stop == 0 || t.firstOut < stop {
		return false
	}
	silent, woke := time.Duration(stop-in), time.Duration(t.firstOut-stop)
	return silent >= cfg.LateAfter && woke <= cfg.LateWithin && cpu <= max(starts, silent/10)
}
