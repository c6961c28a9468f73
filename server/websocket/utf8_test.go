package websocket

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"wsd/server/lazyio"
)

func TestAppendRepaired(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", ""},
		{"plain", "plain"},
		{"�", "�"}, // the character itself is valid
		{"a\xffb", "a�b"},
		{"\xff\xff", "��"},
		{"\xe2\x82", "�"},
		{"\xe2\x82a", "�a"},
		{"\xe2\x82\xe2\x82\xac", "�€"},
		{"\xf0\x9f\x98a", "�a"},
		{"\xf0\x80\x80\x80", "����"},
		{"\xed\xa0\x80", "���"},
		{"\xc0\xaf", "��"},
		{"\xf4\x90\x80\x80", "����"},
		// The table of Unicode 15, 3.9, "U+FFFD for ill-formed sequences".
		{"\x61\xf1\x80\x80\xe1\x80\xc2\x62\x80\x63\x80\xbf\x64", "a���b�c��d"},
	} {
		if got := AppendRepaired([]byte(">"), []byte(tt.in)); string(got) != ">"+tt.want {
			t.Errorf("AppendRepaired(%q) = %q, want %q", tt.in, got, ">"+tt.want)
		}
	}
}

// beginnings are all that can stand at the front of a character, and nothing
// else: the slow and obvious way.
var beginnings = func() map[string]bool {
	known := map[string]bool{}
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if c := string(r); utf8.ValidRune(r) {
			for n := 1; n <= len(c); n++ {
				known[c[:n]] = true
			}
		}
	}
	return known
}

// repairSlowly is AppendRepaired by definition: at each place the longest part
// that could begin a character becomes that character or U+FFFD, and where there
// is none one byte does.
func repairSlowly(known map[string]bool, s []byte) []byte {
	var out []byte
	for len(s) > 0 {
		n := 1
		for n < len(s) && n < 4 && known[string(s[:n])] && known[string(s[:n+1])] && !utf8.Valid(s[:n]) {
			n++
		}
		if utf8.Valid(s[:n]) {
			out = append(out, s[:n]...)
		} else {
			out = append(out, "�"...)
		}
		s = s[n:]
	}
	return out
}

func FuzzRepair(f *testing.F) {
	for _, s := range []string{"", "abc", "é€😀", "\xe2\x82", "\xf0\x80\x80", "a\xf1\x80\x80\xe1\x80\xc2b", "\xed\xa0\x80", "\xff\xfe"} {
		f.Add([]byte(s), uint(1))
		f.Add([]byte(s), uint(2))
	}
	known := beginnings()
	f.Fuzz(func(t *testing.T, s []byte, cut uint) {
		got, want := AppendRepaired(nil, s), repairSlowly(known, s)
		if !bytes.Equal(got, want) {
			t.Fatalf("AppendRepaired(%q) = %q, want %q", s, got, want)
		}
		// In pieces it is the same, when the pieces end where WholeRunes says.
		n := int(cut % uint(len(s)+1))
		n = lazyio.WholeRunes(s[:n])
		pieces := AppendRepaired(AppendRepaired(nil, s[:n]), s[n:])
		if !bytes.Equal(pieces, want) {
			t.Fatalf("%q repaired in two pieces cut at %d is %q, want %q", s, n, pieces, want)
		}
		var check utf8Check
		k := cut % uint(len(s)+1)
		possible := check.add(s[:k]) && check.add(s[k:k]) && check.add(s[k:]) && check.ended()
		if possible != utf8.Valid(s) {
			t.Fatalf("%q that arrived in two pieces is UTF-8: %v", s, possible)
		}
	})
}
