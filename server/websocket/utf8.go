package websocket

import (
	"unicode/utf8"

	"wsd/server/lazyio"
)

// utf8Check checks a text while it arrives, piece by piece. Its zero value is
// ready for a new text.
type utf8Check struct {
	cut  [utf8.UTFMax]byte // the beginning of a character that was cut off at the end of a piece
	size int               // how many bytes of cut are in use
}

// add adds a piece, and reports whether the text can still be UTF-8. It is not
// called again after false.
func (c *utf8Check) add(piece []byte) bool {
	for c.size > 0 && len(piece) > 0 {
		c.cut[c.size] = piece[0]
		c.size++
		piece = piece[1:]
		if utf8.FullRune(c.cut[:c.size]) {
			if !utf8.Valid(c.cut[:c.size]) {
				return false
			}
			c.size = 0
		}
	}
	n := lazyio.WholeRunes(piece)
	if n < len(piece) {
		c.size = copy(c.cut[:], piece[n:])
	}
	return utf8.Valid(piece[:n])
}

// ended reports whether the text may end here.
func (c *utf8Check) ended() bool { return c.size == 0 }

// AppendRepaired appends s to b with U+FFFD in place of each bad sequence. A bad
// sequence ends where no valid one could go on (Unicode 15, 3.9, "substitution of
// maximal subparts"), which is what browsers do in the other direction.
func AppendRepaired(b, s []byte) []byte {
	for len(s) > 0 {
		good := validPrefix(s)
		b = append(b, s[:good]...)
		if s = s[good:]; len(s) > 0 {
			b = utf8.AppendRune(b, utf8.RuneError)
			s = s[badSequence(s):]
		}
	}
	return b
}

// validPrefix returns how many bytes at the start of s are valid.
func validPrefix(s []byte) int {
	n := 0
	for n < len(s) {
		if s[n] < utf8.RuneSelf {
			n++
			continue
		}
		r, size := utf8.DecodeRune(s[n:])
		if r == utf8.RuneError && size <= 1 {
			break
		}
		n += size
	}
	return n
}

// badSequence returns how many bytes at the start of s, which are not valid, one
// U+FFFD stands for: the longest part that could have begun a character, or else
// one byte.
func badSequence(s []byte) int {
	n := 1
	for n < len(s) && n < utf8.UTFMax && !utf8.FullRune(s[:n]) {
		n++
	}
	// s[:n] is bad and s[:n-1] could still have become a character, unless n is 1
	// or s ended.
	if n > 1 && utf8.FullRune(s[:n]) {
		n--
	}
	return n
}
