package main

import (
	"io"
	"log/slog"

	"wsd/server"
)

// levels are the values of --loglevel; flags.go lists the same.
var levels = map[string]slog.Level{
	"debug":  server.LevelDebug,
	"trace":  server.LevelTrace,
	"access": server.LevelAccess,
	"info":   server.LevelInfo,
	"error":  server.LevelError,
	"fatal":  server.LevelFatal,
}

// newLogger writes records of this level and above to w, one line each. level
// and format are values of --loglevel and --logformat.
func newLogger(w io.Writer, level, format string) *slog.Logger {
	options := &slog.HandlerOptions{Level: levels[level], ReplaceAttr: nameLevel}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// nameLevel gives the levels their names; slog knows half of them only.
func nameLevel(groups []string, a slog.Attr) slog.Attr {
	level, ok := a.Value.Any().(slog.Level)
	if !ok || len(groups) > 0 || a.Key != slog.LevelKey {
		return a
	}
	switch level {
	case server.LevelTrace:
		a.Value = slog.StringValue("TRACE")
	case server.LevelAccess:
		a.Value = slog.StringValue("ACCESS")
	case server.LevelFatal:
		a.Value = slog.StringValue("FATAL")
	}
	return a
}
