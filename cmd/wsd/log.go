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
// and format are values of --loglevel and --logformat. The journal gets
// priorities and no times: it has its own.
func newLogger(w io.Writer, level, format string) *slog.Logger {
	if toJournal(w) {
		out := &prefixed{w: w}
		return slog.New(forJournal{newHandler(out, level, format, dropTime), out})
	}
	return slog.New(newHandler(w, level, format, nameLevel))
}

func newHandler(w io.Writer, level, format string, replace func([]string, slog.Attr) slog.Attr) slog.Handler {
	options := &slog.HandlerOptions{Level: levels[level], ReplaceAttr: replace}
	if format == "json" {
		return slog.NewJSONHandler(w, options)
	}
	return slog.NewTextHandler(w, options)
}

// dropTime is nameLevel that takes the time off, too.
func dropTime(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return nameLevel(groups, a)
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
