package main

import (
	"fmt"
	"io"
	"unicode/utf8"
)

// printable escapes what slog's JSON leaves as it is and terminals treat as
// commands: DEL and the control characters U+0080 to U+009F, of which U+009B
// begins an escape sequence. They occur only in strings, where JSON has an escape
// for each (RFC 8259 7).
type printable struct{ w io.Writer }

// Write implements io.Writer for whole lines.
func (p printable) Write(line []byte) (int, error) {
	if _, err := p.w.Write(escapeControls(line)); err != nil {
		return 0, err
	}
	return len(line), nil
}

func escapeControls(line []byte) []byte {
	var out []byte
	done := 0
	for i := 0; i < len(line); {
		r, size := utf8.DecodeRune(line[i:])
		if r >= 0x7f && r <= 0x9f {
			out = fmt.Appendf(append(out, line[done:i]...), `\u%04x`, r)
			done = i + size
		}
		i += size
	}
	if done == 0 {
		return line
	}
	return append(out, line[done:]...)
}
