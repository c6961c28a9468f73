package lazyio

import (
	"os"
	"strings"
	"sync"
	"testing"
	"time"
	"wsd/server/servertest"
)

func TestWholeRunes(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want int
	}{
		{"", 0},
		{"a", 1},
		{"aé", 3},
		{"a\xc3", 1},
		{"\xe2\x82", 0},
		{"a\xe2\x82", 1},
		{"a€", 4},
		{"\xf0\x9f\x98", 0},
		{"😀", 4},
		{"a\xf0\x9f", 1},
		// A fault already: nothing that follows can make it good.
		{"\x80", 1},
		{"a\x80\x80\x80", 4},
		{"\xf0\x80", 2},
		{"\xed\xa0", 2},
		{"\xf5", 1},
		{"\xc0", 1},
		{"é\x80", 3},
	} {
		if got := WholeRunes([]byte(tt.in)); got != tt.want {
			t.Errorf("WholeRunes(%q) = %d, want %d", tt.in, got, tt.want)
		}
	}
}

// What is in the pipe when the deadline comes is read, however it is cut into
// lines; nobody has closed the pipe.
func TestDrainLinesAtDeadline(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	var text, got strings.Builder
	for i := range 1_730 {
		text.WriteString(servertest.TestLine(i, 60) + "\n")
	}
	want := text.String()
	w.SetWriteDeadline(time.Now().Add(servertest.Patience)) // where a pipe holds less
	w.WriteString(want[:40_000])
	var once sync.Once
	DrainLines(r, func(line []byte) {
		once.Do(func() {
			w.WriteString(want[40_000:]) // fits the pipe, which is empty now, to the byte
			r.SetReadDeadline(time.Now())
		})
		got.WriteString(string(line) + "\n")
	})
	if got.String() != want {
		t.Errorf("%d of %d bytes were read: …%q", got.Len(), len(want), got.String()[got.Len()-40:])
	}
}
