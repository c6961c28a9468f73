package session

import (
	"testing"
	"time"
)

func TestLate(t *testing.T) {
	cfg := &Config{LateAfter: 3 * time.Second, LateWithin: 250 * time.Millisecond}
	for name, tt := range map[string]struct {
		in, stop, out, cpu int64 // milliseconds
		late               bool
	}{
		"held back":                  {100, 3100, 3110, 50, true},
		"held back for an hour":      {100, 3_600_000, 3_600_001, 60_000, true},
		"answers":                    {100, 3100, 101, 50, false},
		"greets":                     {100, 3100, 1, 50, false},
		"answers just before":        {100, 3100, 3099, 50, false},
		"says nothing":               {100, 3100, 0, 50, false},
		"had no input":               {0, 3100, 3110, 50, false},
		"had input for a moment":     {101, 3100, 3110, 50, false},
		"stdin has not ended":        {100, 0, 5000, 50, false},
		"takes its time":             {100, 3100, 3351, 50, false},
		"computes":                   {100, 3100, 3110, 501, false},
		"an interpreter starts":      {100, 3100, 3110, 500, true},
		"computes a tenth of a long": {100, 60_100, 60_110, 6001, false},
	} {
		var it talk
		it.firstIn.Store(tt.in * 1e6)
		it.stop.Store(tt.stop * 1e6)
		it.firstOut = tt.out * 1e6
		if got := it.late(cfg, time.Duration(tt.cpu)*time.Millisecond); got != tt.late {
			t.Errorf("%s: %v", name, got)
		}
	}
}
