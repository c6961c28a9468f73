package session

// tag is what a message of a stream begins with when each line is wrapped as
// {"stream":"NAME","data":"…"} (Config.PassStderr). Pieces of a line become pieces
// of that text. The empty tag leaves them as they are.
type tag string

const tagEnd = `"}`

func tagOf(stream string) tag { return tag(`{"stream":"` + stream + `","data":"`) }

// overhead is how many bytes a message grows by at most, besides those that are
// escaped.
func (t tag) overhead() int { return len(t) + len(tagEnd) }

// size is how many bytes append appends.
func (t tag) size(piece []byte, first, last bool) int {
	if t == "" {
		return len(piece)
	}
	n := 0
	for _, c := range piece {
		n += escapedSize(c)
	}
	if first {
		n += len(t)
	}
	if last {
		n += len(tagEnd)
	}
	return n
}

// append appends the next piece of a message, which is valid UTF-8; first and last
// tell where in the message it stands.
func (t tag) append(dst, piece []byte, first, last bool) []byte {
	if t == "" {
		return append(dst, piece...)
	}
	if first {
		dst = append(dst, t...)
	}
	dst = appendEscaped(dst, piece)
	if last {
		dst = append(dst, tagEnd...)
	}
	return dst
}

// escapable returns how many bytes of s can be escaped in room bytes.
func escapable(s []byte, room int) int {
	for i, c := range s {
		if room -= escapedSize(c); room < 0 {
			return i
		}
	}
	return len(s)
}

// escapedSize is how many bytes appendEscaped makes of c.
func escapedSize(c byte) int {
	switch {
	case c == '"' || c == '\\' || c == '\t' || c == '\r' || c == '\n':
		return 2
	case c < ' ':
		return len(`\u0000`)
	default:
		return 1
	}
}

// appendEscaped appends s, which is valid UTF-8, as the inside of a JSON string
// (RFC 8259 7).
func appendEscaped(dst, s []byte) []byte {
	const hex = "0123456789abcdef"
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c >= ' ':
			dst = append(dst, c)
		case c == '\t':
			dst = append(dst, '\\', 't')
		case c == '\r':
			dst = append(dst, '\\', 'r')
		case c == '\n':
			dst = append(dst, '\\', 'n')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
		}
	}
	return dst
}
