package session

import (
	"testing"
)

// isCut reports whether a drain has to give way.
func isCut(d *drain) bool {
	select {
	case <-d.cut:
		return true
	default:
		return false
	}
}

// The slowest one has to give way when there is one too many, the newest too, and of
// those that are as slow the oldest.
func TestDrainsCutSlowest(t *testing.T) {
	for name, tt := range map[string]struct {
		paces []uint64 // in the order of their beginning
		want  int      // which one is cut
	}{
		"oldest":  {[]uint64{1, 2, 3, 4}, 0},
		"middle":  {[]uint64{3, 2, 1, 4}, 2},
		"newest":  {[]uint64{4, 3, 2, 1}, 3},
		"stalled": {[]uint64{5, 0, 0, 0}, 1},
	} {
		d := Drains{Limit: len(tt.paces) - 1}
		var all []*drain
		for _, pace := range tt.paces {
			one := &drain{cut: make(chan struct{})}
			d.note(one, pace)
			all = append(all, one)
		}
		for i, one := range all {
			if isCut(one) != (i == tt.want) {
				t.Errorf("%s: number %d is cut: %v", name, i, isCut(one))
			}
			d.leave(one)
		}
		if len(d.all) > 0 {
			t.Errorf("%s: %d are left", name, len(d.all))
		}
	}
}

// One that has been cut and doesn't know it yet takes nobody else's place.
func TestDrainsCutOnce(t *testing.T) {
	d := Drains{Limit: 1}
	slow, quick := &drain{cut: make(chan struct{})}, &drain{cut: make(chan struct{})}
	d.note(slow, 1)
	d.note(quick, 2)
	for _, n := range []uint64{0, 3} { // slower than the other, and quicker
		d.note(slow, n)
		if !isCut(slow) || isCut(quick) {
			t.Errorf("cut: the slow one %v, the quick one %v", isCut(slow), isCut(quick))
		}
	}
}

// One that pauses for a period is not yet slower than one that hardly moves.
func TestDrainsSmoothPace(t *testing.T) {
	d := Drains{Limit: 2}
	quick, slow, third := &drain{cut: make(chan struct{})}, &drain{cut: make(chan struct{})}, &drain{cut: make(chan struct{})}
	d.note(quick, 100_000)
	d.note(slow, 100)
	d.note(quick, 0)
	d.note(slow, 100)
	d.note(third, 50_000)
	if isCut(quick) || !isCut(slow) || isCut(third) {
		t.Errorf("cut: the quick one %v, the slow one %v, the third %v", isCut(quick), isCut(slow), isCut(third))
	}
}
