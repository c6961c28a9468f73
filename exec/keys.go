package exec

// A backend's terminal is in line mode, since only that has an EOF; everything else
// that a terminal does to bytes is switched off. What remains are two keys, with
// their usual codes, and a limit on the length of a line, so keysFor decides how
// bytes are typed.
const (
	// endKey passes on to the reader what has been typed of a line, without ending
	// the line. When nothing has been typed, the reader gets an EOF.
	endKey = 'D' - '@'
	// literalKey takes away the meaning of the key that follows it.
	literalKey = 'V' - '@'

	// longestLine is far below what a terminal can hold of an unfinished line,
	// 4095 bytes on Linux, beyond which it drops what is typed.
	longestLine = 500
	// mostKeyed bounds the bytes that keysFor takes at once.
	mostKeyed = 4 << 10
)

// keysFor returns the keys to type for the first bytes of b, and how many of
// them it has taken. The reader gets these bytes unchanged and without waiting
// for more; a long line reaches it in pieces. Afterwards the terminal is at the
// beginning of a line.
func keysFor(b []byte) (keys []byte, taken int) {
	b = b[:min(len(b), mostKeyed)]
	keys = make([]byte, 0, len(b)+len(b)/longestLine+1)
	line := 0
	for _, c := range b {
		if c == endKey || c == literalKey {
			keys = append(keys, literalKey)
		}
		keys = append(keys, c)
		if line++; c == '\n' {
			line = 0
		} else if line == longestLine {
			keys = append(keys, endKey)
			line = 0
		}
	}
	if line > 0 {
		keys = append(keys, endKey)
	}
	return keys, len(b)
}

// typed returns how many bytes the first n of keys, which come from keysFor, stand
// for, and the keys still owed: once those are typed, too, the reader can read all
// of these bytes.
func typed(keys []byte, n int) (taken int, owed []byte) {
	unended := false
	for i := 0; i < n; i++ {
		switch keys[i] {
		case endKey:
			unended = false
			continue
		case literalKey:
			if i++; i == n {
				owed = append(owed, keys[i])
			}
			unended = true
		default:
			unended = keys[i] != '\n'
		}
		taken++
	}
	if unended {
		owed = append(owed, endKey)
	}
	return taken, owed
}
