package main

import (
	"slices"
	"testing"
)

func TestPlan(t *testing.T) {
	for _, test := range []struct {
		name     string
		sessions int
		limits   limits
		daemons  []share
		notes    []string
	}{
		{"no limits", 10_000, limits{}, []share{{9500, false}, {500, true}}, nil},
		{"one", 1, limits{}, []share{{1, true}}, nil},
		{"several daemons", 10_000, limits{descriptors: 20_000}, []share{{3166, false}, {3167, false}, {3167, false}, {500, true}}, nil},
		{"few descriptors", 200, limits{descriptors: 210}, []share{{1, false}, {2, false}, {2, false}, {2, false}, {2, false}, {1, true}}, []string{
			"10 sessions instead of 200: a process may open 210 descriptors",
		}},
		{"too few processes", 10_000, limits{processes: 2100}, []share{{95, false}, {5, true}}, []string{
			"100 sessions instead of 10000: the limit is 2100 processes",
		}},
		{"too little memory", 10_000, limits{memory: 70 << 20}, []share{{96, false}, {6, true}}, []string{
			"102 sessions instead of 10000: 70 MiB of memory are available",
		}},
		{"nothing fits", 5, limits{processes: 1000}, nil, []string{"0 sessions instead of 5: the limit is 1000 processes"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPlan(test.sessions, test.limits)
			if !slices.Equal(p.daemons, test.daemons) || !slices.Equal(p.notes, test.notes) {
				t.Errorf("got %v and %q, want %v and %q", p.daemons, p.notes, test.daemons, test.notes)
			}
			total := 0
			for _, d := range p.daemons {
				total += d.sessions
			}
			if total != p.sessions {
				t.Errorf("%d sessions of %d", total, p.sessions)
			}
		})
	}
}

func TestMachineLimits(t *testing.T) {
	if !runsHere {
		t.Skip("a soak needs Linux")
	}
	if l := machineLimits(); l.processes == 0 || l.memory == 0 {
		t.Errorf("got %+v, want processes and memory known", l)
	}
}
