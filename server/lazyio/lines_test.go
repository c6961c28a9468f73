package lazyio

import "testing"

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
