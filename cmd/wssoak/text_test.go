package main

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// FuzzText wants a text that arrives in pieces to be what was sent, and a change of
// one byte noticed.
func FuzzText(f *testing.F) {
	f.Add(int64(1), int64(1), int64(0), unitsSmall, 0, byte(1))
	f.Add(int64(123_456), int64(99_999), int64(99_999), unitsMedium, 300, byte(0x80))
	f.Fuzz(func(t *testing.T, session, number, received int64, units, at int, change byte) {
		sent := text{typeMessage, max(0, session), max(0, number), max(0, received), units & 0x3ff}
		text := sent.append(nil)
		if got, ok := arrive(text); !ok || got != sent {
			t.Fatalf("%q arrived as %+v, %v", text, got, ok)
		}
		if change == 0 {
			return
		}
		text[(at&0x7fffffff)%len(text)] ^= change
		if got, ok := arrive(text); ok {
			t.Errorf("%q was taken for %+v", text, got)
		}
	})
}

// arrive takes a text in random pieces.
func arrive(text []byte) (text, bool) {
	var a arriving
	for len(text) > 0 {
		n := 1 + rand.IntN(len(text))
		a.add(text[:n])
		text = text[n:]
	}
	return a.text()
}

func TestTextCut(t *testing.T) {
	text := text{typeMessage, 5, 6, 7, unitsSmall}.append(nil)
	for n := range text {
		if got, ok := arrive(text[:n]); ok {
			t.Errorf("%q was taken for %+v", text[:n], got)
		}
	}
	if _, ok := arrive(append(bytes.Clone(text), payloadUnit...)); ok {
		t.Error("a text with something after it was taken")
	}
}

func TestStream(t *testing.T) {
	for _, test := range []struct {
		name    string
		numbers []int64 // 0 is one that can't be read
		last    int64
		want    faults
	}{
		{"nothing", nil, 0, faults{}},
		{"in order", []int64{1, 2, 3}, 3, faults{}},
		{"one lost", []int64{1, 3}, 3, faults{lost: 1}},
		{"three lost", []int64{4}, 4, faults{lost: 3}},
		{"two changed places", []int64{1, 3, 2, 4}, 4, faults{reordered: 1}},
		{"one comes much later", []int64{1, 3, 4, 5, 2}, 5, faults{reordered: 1}},
		{"twice", []int64{1, 1, 2}, 2, faults{duplicated: 1}},
		{"late and twice", []int64{2, 1, 1}, 2, faults{reordered: 1, duplicated: 1}},
		{"one can't be read", []int64{1, 0, 3}, 3, faults{corrupted: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var s stream
			for _, n := range test.numbers {
				if n == 0 {
					s.spoil()
				} else {
					s.take(n)
				}
			}
			if s.last != test.last || s.faults() != test.want {
				t.Errorf("got %+v up to %d, want %+v up to %d", s.faults(), s.last, test.want, test.last)
			}
		})
	}
}
