package server

import (
	"bytes"
	"context"
	"log/slog"
	"regexp"
)

// httpLog takes what net/http logs. Nearly all of it is about single clients,
// bad requests and failed TLS handshakes, and is for debugging; what is about
// the server itself must be seen.
type httpLog struct{ log *slog.Logger }

// mayBeSecret is what a record can hold of a request or of a program's answer:
// what is quoted, and the query of a URL.
var mayBeSecret = regexp.MustCompile(`"(\\.|[^"\\])*"|\?\S+`)

// Write implements io.Writer for a log.Logger, which calls it once a record.
func (h httpLog) Write(p []byte) (int, error) {
	line, rest, _ := bytes.Cut(bytes.TrimSpace(p), []byte("\n"))
	level := LevelDebug
	if bytes.Contains(line, []byte("Accept error")) || bytes.Contains(line, []byte("panic serving")) {
		level = LevelError
	}
	h.log.Log(context.Background(), level, string(mayBeSecret.ReplaceAll(line, []byte("…"))))
	if len(rest) > 0 { // the stack of a panic
		h.log.Debug(string(rest))
	}
	return len(p), nil
}
