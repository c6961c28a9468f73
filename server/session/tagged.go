package session

import "unicode/utf8"

// tagger returns an encode function for a framer that wraps each line as
// {"stream":"NAME","data":"…"} (Config.PassStderr). Pieces of a line become pieces of
// that text.
func tagger(stream string) func(dst, piece []byte, first, last bool) []byte {
	prefix := `{"stream":"` + stream + `","data":"`
	return func(dst, piece []byte, first, last bool) []byte {
		if first {
			dst = append(dst, prefix...)
		}
		dst = appendEscaped(dst, piece)
		if last {
			dst = append(dst, `"}`...)
		}
		return dst
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
		case c >= ' ' || c >= utf8.RuneSelf:
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
