package main

import (
	"strings"
	"testing"
)

// TestCheck compares the records of each ending.
func TestCheck(t *testing.T) {
	for _, test := range []struct {
		name          string
		e             ending
		sent, acked   int64
		arrived       int64 // number of the client's last message
		cut, partial  bool
		r             record
		lost, corrupt int64
		err           string // empty: all is well
	}{
		{"all arrived", byClient, 5, 5, 7, false, false, record{begun: 7, written: 7, received: 5, ended: true}, 0, 0, ""},
		{"the client's last is lost", byClient, 5, 4, 7, false, false, record{begun: 7, written: 7, received: 4, ended: true}, 1, 0, "to the backend"},
		{"the backend's last two are lost", byBackend, 5, 5, 5, false, false, record{begun: 7, written: 7, received: 5, ended: true}, 2, 0, "to the client"},
		{"no end of its own", byBackend, 5, 5, 7, false, false, record{begun: 7, written: 7, received: 5}, 0, 0, "did not exit by itself"},
		{"within a message", byClient, 5, 5, 7, false, true, record{begun: 7, written: 7, received: 5, ended: true}, 0, 0, "within a message"},
		{"killed with messages on their way", killed, 9, 5, 7, false, false, record{begun: 7, written: 7, received: 5}, 0, 0, ""},
		{"killed behind a write", killed, 9, 5, 9, false, false, record{begun: 9, written: 7, received: 5}, 0, 0, ""},
		{"killed within a write", killed, 9, 5, 8, true, false, record{begun: 9, written: 7, received: 5}, 0, 0, ""},
		{"killed, and a whole message is changed", killed, 9, 5, 7, true, false, record{begun: 9, written: 7, received: 5}, 0, 1, "1 corrupted"},
		{"killed, and one is lost", killed, 9, 5, 6, false, false, record{begun: 9, written: 7, received: 5}, 1, 0, "to the client"},
		{"more than was written", killed, 9, 5, 8, false, false, record{begun: 7, written: 7, received: 5}, 0, 0, "8 messages have arrived, but 7"},
		{"more than was sent", reset, 9, 5, 7, false, false, record{begun: 7, written: 7, received: 10}, 0, 0, "10 messages, but 9"},
		{"reset with messages on their way", reset, 9, 5, 3, false, true, record{begun: 7, written: 7, received: 5}, 0, 0, ""},
		{"reset, and an acknowledged one is lost", reset, 9, 5, 3, false, false, record{begun: 7, written: 7, received: 4}, 1, 0, "to the backend"},
		{"vanished", vanished, 9, 5, 3, false, true, record{begun: 7, written: 7, received: 9}, 0, 0, ""},
		{"vanished, and the last one is lost", vanished, 9, 5, 3, false, false, record{begun: 7, written: 7, received: 8}, 1, 0, "to the backend"},
	} {
		t.Run(test.name, func(t *testing.T) {
			n := &session{soak: &soak{}, sent: test.sent, cut: test.cut, partial: test.partial}
			n.acked.Store(test.acked)
			n.in.last = test.arrived
			if test.cut {
				n.in.last--
				n.in.spoil()
			}
			err := n.check(test.e, test.r)
			if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("got %v, want %q", err, test.err)
			}
			if got, want := n.soak.counts.faults, (faults{lost: test.lost, corrupted: test.corrupt}); got != want {
				t.Errorf("counted %+v, want %+v", got, want)
			}
		})
	}
}
