package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"

	"wsd/cmd/internal/command"
)

func TestOut(t *testing.T) {
	for name, size := range map[string]int{"out": 64, "out-1k": 1024} {
		b := newBatch(size)
		n := b.count + 7 // the batch and the start of the next
		out := playIn(t, &backendFlags{Name: name, Count: n}, "go\n")
		lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
		if len(lines) != n+1 || lines[0] != readyText {
			t.Fatalf("%s: %d lines, the first %q", name, len(lines), lines[0])
		}
		for i, line := range lines[1:] {
			if want := string(appendText(nil, i%b.count, size)); line != want {
				t.Fatalf("%s: line %d is %q, want %q", name, i, line, want)
			}
		}
	}
}

func TestCount(t *testing.T) {
	b := newBatch(64)
	for _, n := range []int{0, 1, b.count + 1} {
		var in bytes.Buffer
		if err := b.sendLines(&in, n); err != nil {
			t.Fatal(err)
		}
		in.WriteString(endText + "\n")
		got := playIn(t, &backendFlags{Name: "count"}, in.String())
		if want := fmt.Sprintf("%s\n%s\n", readyText, b.total(n)); got != want {
			t.Errorf("%d lines: got %q, want %q", n, got, want)
		}
	}
}

func TestCountByteByByte(t *testing.T) {
	var out strings.Builder
	in := iotest.OneByteReader(strings.NewReader("end\nbend\n"))
	if err := (&backendFlags{Name: "count"}).Run(command.Streams{In: in, Out: &out}); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(out.String(), readyText+"\n1 4 ") {
		t.Errorf("got %q, want one line of 4 bytes", out.String())
	}
}

func TestCat(t *testing.T) {
	if got := playIn(t, &backendFlags{Name: "cat"}, "a\nb"); got != "a\nb" {
		t.Errorf("got %q", got)
	}
}

// playIn is what a backend answers to stdin.
func playIn(t *testing.T, f *backendFlags, stdin string) string {
	t.Helper()
	var out strings.Builder
	if err := f.Run(command.Streams{In: strings.NewReader(stdin), Out: &out}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
