package server

import (
	"testing"
	"testing/synctest"
	"time"
)

// The time for health checks to fail does not make a shutdown longer, unless that would
// leave too little for what is in progress.
func TestClosingPatience(t *testing.T) {
	for drain, want := range map[time.Duration]time.Duration{
		0:                closingTimeout,
		3 * time.Second:  closingTimeout - 3*time.Second,
		30 * time.Second: leastClosing,
	} {
		synctest.Test(t, func(t *testing.T) {
			begun := time.Now()
			time.Sleep(drain)
			if got := closingPatience(begun); got != want {
				t.Errorf("after %v: %v, want %v", drain, got, want)
			}
		})
	}
	if got := closingPatience(time.Time{}); got != closingTimeout {
		t.Errorf("without any: %v", got)
	}
}
