package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// A sink is a log that takes a write only when the test says how it goes: it
// takes as many bytes of it as it gets, or all for a negative number.
type sink struct {
	takes chan int
	text  strings.Builder // read when nothing is being written
}

func (s *sink) Write(p []byte) (int, error) {
	n := <-s.takes
	if n < 0 || n >= len(p) {
		return s.text.Write(p)
	}
	s.text.Write(p[:n])
	return n, errors.New("no space left")
}

func newSink() (*sink, *logQueue) {
	s := &sink{takes: make(chan int)}
	return s, newLogQueue(s, func(lost int) []byte { return fmt.Appendf(nil, "%d lost\n", lost) })
}

// finish lets all be written, and returns it.
func (s *sink) finish(t *testing.T, q *logQueue) string {
	t.Helper()
	closed := make(chan struct{})
	go func() { defer close(closed); q.close(); <-q.ended }() // awaited here
	for {
		select {
		case s.takes <- -1:
		case <-closed:
			return s.text.String()
		case <-time.After(20 * time.Second):
			t.Fatal("the queue does not end")
		}
	}
}

func TestLogQueueKeepsAll(t *testing.T) {
	s, q := newSink()
	var want strings.Builder
	for i := range 1000 {
		fmt.Fprintf(q, "line %d\n", i)
		fmt.Fprintf(&want, "line %d\n", i)
	}
	if got := s.finish(t, q); got != want.String() {
		t.Errorf("%d bytes were logged, want %d", len(got), want.Len())
	}
}

// A full disk takes a part of a line, or none.
func TestLogQueueOnFullDisk(t *testing.T) {
	s, q := newSink()
	for i := range 5 {
		fmt.Fprintf(q, "line %d\n", i)
	}
	for _, n := range []int{-1, 3, 0, -1, -1, -1} { // after the first gap each line begins with a newline
		s.takes <- n
	}
	if got, want := s.finish(t, q), "line 0\nlin\nline 3\n2 lost\nline 4\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A log that nobody reads holds up one line, once.
func TestLogQueueUnread(t *testing.T) {
	s, q := newSink()
	line := strings.Repeat("x", logRoom/4-1) + "\n"
	for range 4 {
		fmt.Fprint(q, line)
	}
	const lost = 1000
	for range lost {
		fmt.Fprint(q, "lost\n")
	}
	if want := strings.Repeat(line, 4); s.finish(t, q) != line+fmt.Sprintln(lost, "lost")+want[len(line):] {
		t.Errorf("got %.200q", s.text.String())
	}
}

// A log that is slow loses nothing.
func TestLogQueueSlow(t *testing.T) {
	s, q := newSink()
	const lines = 50
	written := make(chan struct{})
	line := strings.Repeat("x", logRoom/4-1) + "\n"
	go func() { // ends when all is in the queue; awaited below
		defer close(written)
		for range lines {
			fmt.Fprint(q, line)
		}
	}()
	for range lines - 4 {
		s.takes <- -1
	}
	<-written
	if got, want := s.finish(t, q), strings.Repeat(line, lines); got != want {
		t.Errorf("%d bytes were logged, want %d", len(got), len(want))
	}
}
