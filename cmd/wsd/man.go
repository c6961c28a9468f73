package main

import (
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"time"
)

// manWidth is the width of the man page's source, in columns before escapes.
const manWidth = 72

// date is set by the linker, as version is: -ldflags "-X main.date=2006-01-02".
var date string

// currentDate is date, or else that of the commit which the go command recorded
// in the binary, or else empty.
func currentDate() string {
	if date != "" {
		return date
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.time" && len(s.Value) > len(time.DateOnly) {
				return s.Value[:len(time.DateOnly)]
			}
		}
	}
	return ""
}

// writeMan writes the man page, in the macros of man(7).
func writeMan(w io.Writer) error { return writePage(w, "wsd.1") }

// roff escapes text, so that a man page shows it as it is, and breaks it into
// lines.
func roff(text string) string {
	// One man page serves all platforms, and Linux is where it is read most; it
	// mentions the others under ENVIRONMENT.
	text = strings.ReplaceAll(text, defaultPassEnv, "PATH,LD_LIBRARY_PATH")
	var b strings.Builder
	for i, line := range wrap(text, manWidth) {
		if i > 0 {
			b.WriteByte('\n')
		}
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			b.WriteString(`\&`) // or it would be a macro
		}
		for _, r := range line {
			writeRoff(&b, r)
		}
	}
	return b.String()
}

func writeRoff(b *strings.Builder, r rune) {
	switch {
	case r == '\\':
		b.WriteString(`\e`)
	case r == '-':
		b.WriteString(`\-`) // a bare one is a hyphen, which no shell accepts
	case r > '~':
		fmt.Fprintf(b, `\[u%04X]`, r)
	default:
		b.WriteRune(r)
	}
}
