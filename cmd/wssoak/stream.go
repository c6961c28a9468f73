package main

import "fmt"

// stream is what has arrived in one direction of a session. A message that comes after
// a later one is reordered; one that never comes is lost; one that can't be read is
// taken for the one that was due.
type stream struct {
	last                             int64 // number of the last message that has arrived, or should have
	missing                          map[int64]bool
	duplicated, reordered, corrupted int64
}

// take counts a message.
func (s *stream) take(number int64) {
	switch {
	case number == s.last+1:
		s.last = number
	case number > s.last:
		if s.missing == nil {
			s.missing = map[int64]bool{}
		}
		for n := s.last + 1; n < number; n++ {
			s.missing[n] = true
		}
		s.last = number
	case s.missing[number]:
		delete(s.missing, number)
		s.reordered++
	default:
		s.duplicated++
	}
}

// spoil counts a message that can't be read.
func (s *stream) spoil() {
	s.corrupted++
	s.last++
}

// faults are a stream's faults.
func (s *stream) faults() faults {
	return faults{lost: int64(len(s.missing)), duplicated: s.duplicated, reordered: s.reordered, corrupted: s.corrupted}
}

// faults counts the messages that did not arrive as they should have.
type faults struct{ lost, duplicated, reordered, corrupted int64 }

func (f faults) plus(o faults) faults {
	return faults{f.lost + o.lost, f.duplicated + o.duplicated, f.reordered + o.reordered, f.corrupted + o.corrupted}
}

func (f faults) String() string {
	return fmt.Sprintf("%d messages lost, %d duplicated, %d reordered, %d corrupted", f.lost, f.duplicated, f.reordered, f.corrupted)
}
