package server

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"wsd/server/lazyio"
	"wsd/server/session"
)

// The levels of a Server's log records, named and ordered as in websocketd: access
// is below info, since it logs more.
const (
	LevelDebug  = slog.LevelDebug     // -4: request headers, bad handshakes
	LevelTrace  = slog.LevelDebug + 1 // -3: health checks
	LevelAccess = slog.LevelInfo - 1  // -1: one line a request, two a session
	LevelInfo   = slog.LevelInfo      // 0: listeners, reloads
	LevelWarn   = slog.LevelWarn      // 4: served, but someone should look
	LevelStderr = lazyio.LevelStderr  // 7: a program's stderr
	LevelError  = slog.LevelError     // 8: something was not served
)

// IsStderr reports whether a record of a Server's log is a line that a program has
// written to stderr, and not what the server itself says.
func IsStderr(r slog.Record) bool { return strings.HasSuffix(r.Message, "stderr") }

// requestAttrs is what the log says about a request. Its query is left out, since
// it may carry a token.
func (s *Server) requestAttrs(r *httpRequest) []any {
	attrs := append(r.client.Attrs(), "path", r.asked.Path)
	if r.user != "" {
		attrs = append(attrs, "user", r.user)
	}
	if s.log.Enabled(context.Background(), LevelDebug) {
		attrs = append(attrs, "header", headerAttr(r.Header))
	}
	return attrs
}

// logRequest writes the one log line of a request that has not become a WebSocket.
func (s *Server) logRequest(w *response, r *httpRequest) {
	attrs := append(s.requestAttrs(r), "method", r.Method, "status", w.status, "bytes", w.bytes)
	s.log.Log(context.Background(), LevelAccess, "HTTP", attrs...)
}

// logEnd writes the last line of a session.
func logEnd(log *slog.Logger, end session.End) {
	attrs := []any{
		"code", int(end.Code),
		"duration", end.Duration,
		"messages_in", end.MessagesIn, "bytes_in", end.BytesIn,
		"messages_out", end.MessagesOut, "bytes_out", end.BytesOut,
	}
	if end.Unsent > 0 {
		attrs = append(attrs, "unsent", end.Unsent)
	}
	if end.Reason != "" {
		attrs = append(attrs, "reason", end.Reason)
	}
	if end.Detail != "" {
		attrs = append(attrs, "detail", end.Detail)
	}
	if end.Exit != nil {
		attrs = append(attrs, "exit", end.Exit.String())
	}
	log.Log(context.Background(), LevelAccess, "DISCONNECT", attrs...)
}

// plainHeaders are the headers whose values the debug log shows. Any other may hold
// a secret: Authorization and Cookie, Sec-WebSocket-Protocol, in which pages send
// tokens since they can't set headers, Referer with its query, and X-Api-Key.
var plainHeaders = []string{
	"Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "Connection", "Content-Length", "Content-Type",
	"Forwarded", "Origin", "Pragma", "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Websocket-Extensions",
	"Sec-Websocket-Version", "Upgrade", "User-Agent", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port",
	"X-Forwarded-Proto",
}

// headerAttr is a request's header for the debug log: all names, but only the
// values of plainHeaders.
func headerAttr(h http.Header) slog.Value {
	var attrs []slog.Attr
	for name, values := range h {
		text := "(not logged)"
		if slices.Contains(plainHeaders, name) {
			text = strings.Join(values, ", ")
		}
		attrs = append(attrs, slog.String(name, text))
	}
	return slog.GroupValue(attrs...)
}

// httpLog receives what net/http logs. Nearly all of it is about single clients,
// such as bad requests and failed TLS handshakes, and is only for debugging; what
// is about the server itself must be seen.
type httpLog struct {
	log        *slog.Logger
	mismatches *mismatches
}

// mayBeSecret matches what may come from a request or from a program's answer, that
// is, quoted text and the query of a URL. It also matches what would be taken for a
// field of Config.
var mayBeSecret = regexp.MustCompile(`"(\\.|[^"\\])*"|\?\S+|\{\w+\}`)

// Write implements io.Writer for a log.Logger, which calls it once per record.
func (h httpLog) Write(p []byte) (int, error) {
	line, rest, _ := bytes.Cut(bytes.TrimSpace(p), []byte("\n"))
	if remote, ok := plainOnTLS(string(line)); ok {
		h.mismatches.spokePlain(remote)
		return len(p), nil
	}
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
