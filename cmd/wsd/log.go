package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"

	"wsd/server"
	"wsd/server/lazyio"
)

// levels are the values of --loglevel; flags.go lists the same.
var levels = map[string]slog.Level{
	"debug":  server.LevelDebug,
	"trace":  server.LevelTrace,
	"access": server.LevelAccess,
	"info":   server.LevelInfo,
	"error":  server.LevelStderr,
	"fatal":  server.LevelError + 4, // websocketd's, as is none; wsd logs nothing at these levels
	"none":   server.LevelError + 4,
}

// maxValue bounds a value of a record, in bytes, such as the path of a URL, which
// the client chooses. The lines that programs write to stderr have a bound of their
// own; see lazyio.DrainLines.
const maxValue = 1 << 10

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
	out := &queued{queue: newLogQueue(w, func(lost int) []byte {
		var line bytes.Buffer
		open(&line, level, format).Warn("lines were lost: the log could not be written, or not fast enough", "lines", lost)
		return line.Bytes()
	})}
	return openedLog{slog.New(bySource{open(out, level, format).Handler(), out, "a program"}), out.queue}
}

// close waits for what has been logged, but not for ever.
func (l openedLog) close() { l.queue.close() }

// bySource is a slog.Handler that tells a logQueue whose stderr a record is of.
type bySource struct {
	slog.Handler // writes to out, each record with a single call of Write
	out          *queued
	source       string // the session or the request whose records these are
}

func (b bySource) Handle(ctx context.Context, r slog.Record) error {
	b.out.mu.Lock()
	defer b.out.mu.Unlock()
	b.out.from = ""
	if server.IsStderr(r) {
		b.out.from = b.source
	}
	return b.Handler.Handle(ctx, r)
}

func (b bySource) WithAttrs(attrs []slog.Attr) slog.Handler {
	for _, a := range attrs {
		if a.Key == "session" || a.Key == "request" {
			b.source = a.Value.String()
		}
	}
	b.Handler = b.Handler.WithAttrs(attrs)
	return b
}

func (b bySource) WithGroup(name string) slog.Handler {
	b.Handler = b.Handler.WithGroup(name)
	return b
}

// queued puts each line, one a call, into a logQueue.
type queued struct {
	queue *logQueue
	mu    sync.Mutex // held by bySource from the change of from to the Write
	from  string
}

// Write returns no error: there is nowhere to report one.
func (q *queued) Write(line []byte) (int, error) {
	q.queue.add(line, q.from)
	return len(line), nil
}

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
	switch format {
	case onTerminal, inColour:
		return forTerminal{w: w, level: levels[level], colours: format == inColour, replace: replace}
	case "json":
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

// forPeople names the levels that slog does not know, cuts values that are too long,
// and replaces fields with flags: in the server's own sentences, and never in what
// others have said.
func forPeople(groups []string, a slog.Attr) slog.Attr {
	if len(groups) > 0 {
		a.Key = shortened(a.Key)
		if a.Value.Kind() == slog.KindString {
			a.Value = slog.StringValue(shortened(a.Value.String()))
		}
		return a
	}
	switch a.Value.Kind() {
	case slog.KindString:
		switch text := a.Value.String(); a.Key {
		case slog.MessageKey, "hint", "detail":
			if strings.Contains(text, "{") {
				a.Value = slog.StringValue(fieldFlags.Replace(text))
			}
		case "line":
		default:
			a.Value = slog.StringValue(shortened(text))
		}
	case slog.KindAny:
		switch value := a.Value.Any().(type) {
		case error:
			a.Value = slog.StringValue(shortened(inFlags(value).Error()))
		case slog.Level:
			a.Value = levelName(value)
		}
	}
	return a
}

// shortened is a text without what is beyond maxValue. It says how long it was.
func shortened(text string) string {
	if len(text) <= maxValue {
		return text
	}
	whole := lazyio.WholeRunes([]byte(text[:maxValue]))
	return fmt.Sprintf("%s… (%d bytes)", text[:whole], len(text))
}

func levelName(level slog.Level) slog.Value {
	switch level {
	case server.LevelTrace:
		return slog.StringValue("TRACE")
	case server.LevelAccess:
		return slog.StringValue("ACCESS")
	case server.LevelStderr:
		return slog.StringValue("INFO")
	default:
		return slog.StringValue(level.String())
	}
}
