package line

import (
	"io"
	"strings"
	"testing"
	"time"
)

func TestRead(t *testing.T) {
	full, long := strings.Repeat("x", Max), strings.Repeat("x", Max+1)
	input := "one\n\n two \r\n" + full + "\n" + long + "\n" + strings.Repeat(long, 3) + "\nlast"
	want := []string{"one", " two \r", full, "too-long", "too-long", "last"}
	var got []string
	for line := range Read(strings.NewReader(input), nil) {
		if line.Err != nil {
			got = append(got, line.Err.Code)
		} else {
			got = append(got, string(line.Text))
		}
	}
	if len(got) != len(want) {
		t.Fatalf("got %d lines, want %d: %.20q", len(got), len(want), got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("line %d is %.20q (%d bytes), want %.20q", i, got[i], len(got[i]), want[i])
		}
	}
}

// TestReadQuits has nobody who takes the line that was read. TestMain finds the
// goroutine that would wait for ever.
func TestReadQuits(t *testing.T) {
	r, w := io.Pipe()
	quit := make(chan struct{})
	Read(r, quit)
	if _, err := io.WriteString(w, "one\n"); err != nil {
		t.Fatal(err)
	}
	close(quit)
}

func TestPace(t *testing.T) {
	var p pace
	now := time.Unix(1_000_000, 0)
	for i := range burst {
		if wait := p.wait(now); wait != 0 {
			t.Fatalf("line %d of the burst waits %v", i, wait)
		}
	}
	if wait := p.wait(now); wait != interval {
		t.Errorf("the line after the burst waits %v, want %v", wait, interval)
	}
	if wait := p.wait(now); wait != 2*interval {
		t.Errorf("the second one waits %v, want %v", wait, 2*interval)
	}
	if wait := p.wait(now.Add(time.Hour)); wait != 0 {
		t.Errorf("a line after an hour waits %v", wait)
	}
}
