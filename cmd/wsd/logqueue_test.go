package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
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
		q.add(fmt.Appendf(nil, "line %d\n", i), "")
		fmt.Fprintf(&want, "line %d\n", i)
	}
	if got := s.finish(t, q); got != want.String() {
		t.Errorf("%d bytes were logged, want %d", len(got), want.Len())
	}
}

// A full disk takes a part of a line, or none.
func TestLogQueueOnFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, q := newSink()
		for i := range 7 {
			q.add(fmt.Appendf(nil, "line %d\n", i), "")
			synctest.Wait() // the first is written alone, and then what came meanwhile
		}
		// After the first gap each write begins with a newline.
		for _, n := range []int{-1, len("line 1\nlin"), 0, -1, 0, -1} {
			s.takes <- n
		}
		if got, want := s.finish(t, q), "line 0\nline 1\nlin\nline 5\nline 6\n3 lost\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// A log that nobody reads holds up nothing.
func TestLogQueueUnread(t *testing.T) {
	s, q := newSink()
	line := strings.Repeat("x", logRoom/4-1) + "\n"
	for range 4 {
		q.add([]byte(line), "")
	}
	const lost = 1000
	for range lost {
		q.add([]byte("lost\n"), "")
	}
	if want := strings.Repeat(line, 4); s.finish(t, q) != line+fmt.Sprintln(lost, "lost")+want[len(line):] {
		t.Errorf("got %.200q", s.text.String())
	}
}

// A log that is slow tells now and then how much it has lost, and in the end the rest.
func TestLogQueueSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, q := newSink()
		line := []byte(strings.Repeat("x", logRoom/4-1) + "\n")
		for range 40 { // of which every second one finds room
			for range 2 {
				q.add(line, "")
			}
			time.Sleep(logPatience / 10)
			s.takes <- -1
		}
		notices, lost := 0, 0
		for text := range strings.Lines(s.finish(t, q)) {
			var n int
			if _, err := fmt.Sscanf(text, "%d lost", &n); err == nil {
				notices, lost = notices+1, lost+n
			}
		}
		if written := strings.Count(s.text.String(), "x\n"); notices < 3 || notices > 6 || lost+written != 80 {
			t.Errorf("%d notices of %d lines, and %d written", notices, lost, written)
		}
	})
}

// However much some backends say to a log that takes nothing, there is room for a
// line of another, and more for what the server itself says.
func TestLogQueueShares(t *testing.T) {
	s, q := newSink()
	q.add([]byte("the first is being written\n"), "")
	for i := range 100_000 {
		q.add([]byte("chatter\n"), fmt.Sprint(i%20))
	}
	q.add([]byte("quiet\n"), "quiet")
	line := []byte(strings.Repeat("x", logRoom/2-1) + "\n")
	q.add(line, "")
	q.add([]byte("too late\n"), "quiet") // stderr's lines are the first to be dropped
	text := s.finish(t, q)
	for want, n := range map[string]int{"quiet\n": 1, string(line): 1, "too late": 0} {
		if got := strings.Count(text, want); got != n {
			t.Errorf("%.20q was logged %d times, want %d", want, got, n)
		}
	}
	if got := strings.Count(text, "chatter\n"); got < logRoom/4/len("chatter\n") || !strings.Contains(text, fmt.Sprintf("\n%d lost\n", 100_001-got)) {
		t.Errorf("%d lines of chatter were logged; …%s", got, text[len(text)-50:])
	}
}
