package main

import (
	"bytes"
	"io"
	"log/slog"
	"strings"

	"wsd/server"
)

// levels are the values of --loglevel; flags.go lists the same.
var levels = map[string]slog.Level{
	"debug":  server.LevelDebug,
	"trace":  server.LevelTrace,
	"access": server.LevelAccess,
	"info":   server.LevelInfo,
	"error":  server.LevelError,
	"fatal":  server.LevelError + 4, // websocketd's; wsd logs nothing at this level
}

// openedLog is a log that does not hold up the server; see logQueue.
type openedLog struct {
	*slog.Logger
	queue *logQueue
}

// openLog opens the log on w, which belongs to it until close.
func openLog(w io.Writer, level, format string) openedLog {
	open := newLogger
	if toJournal(w) {
		open = newJournalLogger
	}
	queue := newLogQueue(w, func(lost int) []byte {
		var line bytes.Buffer
		open(&line, level, format).Warn("lines were lost while the log could not be written", "lines", lost)
		return line.Bytes()
	})
	return openedLog{open(queue, level, format), queue}
}

// close waits for what has been logged, but not for ever.
func (l openedLog) close() { l.queue.close() }

// newLogger writes records of this level and above to w, one line each. level
// and format are values of --loglevel and --logformat.
func newLogger(w io.Writer, level, format string) *slog.Logger {
	return slog.New(newHandler(w, level, format, forPeople))
}

// newJournalLogger is newLogger for the journal, which gets priorities and no
// times: it adds its own.
func newJournalLogger(w io.Writer, level, format string) *slog.Logger {
	out := &prefixed{w: w}
	return slog.New(forJournal{newHandler(out, level, format, dropTime), out})
}

func newHandler(w io.Writer, level, format string, replace func([]string, slog.Attr) slog.Attr) slog.Handler {
	options := &slog.HandlerOptions{Level: levels[level], ReplaceAttr: replace}
	if format == "json" {
		return slog.NewJSONHandler(printable{w}, options)
	}
	return slog.NewTextHandler(w, options)
}

// dropTime is forPeople, but leaves out the time, too.
func dropTime(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return forPeople(groups, a)
}

// forPeople names the levels that slog does not know, and replaces fields with
// flags: in the server's own sentences, and never in what others have said.
func forPeople(groups []string, a slog.Attr) slog.Attr {
	if len(groups) > 0 {
		return a
	}
	switch a.Value.Kind() {
	case slog.KindString:
		ours := a.Key == slog.MessageKey || a.Key == "hint" || a.Key == "detail"
		if text := a.Value.String(); ours && strings.Contains(text, "{") {
			a.Value = slog.StringValue(fieldFlags.Replace(text))
		}
	case slog.KindAny:
		switch value := a.Value.Any().(type) {
		case error:
			a.Value = slog.AnyValue(inFlags(value))
		case slog.Level:
			a.Value = levelName(value)
		}
	}
	return a
}

func levelName(level slog.Level) slog.Value {
	switch level {
	case server.LevelTrace:
		return slog.StringValue("TRACE")
	case server.LevelAccess:
		return slog.StringValue("ACCESS")
	default:
		return slog.StringValue(level.String())
	}
}
