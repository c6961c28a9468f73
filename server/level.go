package server

import "log/slog"

// The levels of a Server's log records, named as websocketd names them and
// ordered as there: access is below info, since it logs more.
const (
	LevelDebug  = slog.LevelDebug     // -4: request headers, bad handshakes
	LevelTrace  = slog.LevelDebug + 1 // -3: the steps of a session
	LevelAccess = slog.LevelInfo - 1  // -1: one line a request, two a session
	LevelInfo   = slog.LevelInfo      // 0: listeners, reloads, a backend's stderr
	LevelWarn   = slog.LevelWarn      // 4: served, but someone should look
	LevelError  = slog.LevelError     // 8: something was not served
	LevelFatal  = slog.LevelError + 4 // 12: the server ends
)
