package main

import (
	"context"
	"io"
	"log/slog"
	"strconv"
	"sync"

	"wsd/server"
)

// forJournal is a slog.Handler whose records begin with their priority, as
// systemd's journal reads it from a service's stderr (sd-daemon(3)): it stores
// the priority separately, for journalctl --priority, and does not show the
// prefix.
type forJournal struct {
	slog.Handler // writes to w, each record with a single call of Write
	w            *prefixed
}

func (j forJournal) Handle(ctx context.Context, r slog.Record) error {
	j.w.mu.Lock()
	defer j.w.mu.Unlock()
	j.w.prefix = prefix(priority(r.Level))
	return j.Handler.Handle(ctx, r)
}

func (j forJournal) WithAttrs(attrs []slog.Attr) slog.Handler {
	return forJournal{j.Handler.WithAttrs(attrs), j.w}
}

func (j forJournal) WithGroup(name string) slog.Handler {
	return forJournal{j.Handler.WithGroup(name), j.w}
}

// prefixed writes each line, one per call, with a prefix.
type prefixed struct {
	w      io.Writer
	mu     sync.Mutex // held by forJournal from the change of prefix to the Write
	prefix string
}

func (p *prefixed) Write(line []byte) (int, error) {
	n, err := p.w.Write(append([]byte(p.prefix), line...))
	return max(n-len(p.prefix), 0), err
}

// The priorities of syslog (RFC 5424 section 6.2.1) that wsd's levels map to.
const (
	priorityError   = 3
	priorityWarning = 4
	priorityInfo    = 6
	priorityDebug   = 7
)

func prefix(priority int) string { return "<" + strconv.Itoa(priority) + ">" }

func priority(level slog.Level) int {
	switch {
	case level >= server.LevelError:
		return priorityError
	case level == server.LevelStderr:
		return priorityInfo
	case level >= server.LevelWarn:
		return priorityWarning
	case level >= server.LevelAccess:
		return priorityInfo
	default:
		return priorityDebug
	}
}

// forErrors is w for the lines of report, with a priority if they go to the
// journal.
func forErrors(w io.Writer) io.Writer {
	if toJournal(w) {
		return &prefixed{w: w, prefix: prefix(priorityError)}
	}
	return w
}
