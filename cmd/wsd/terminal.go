package main

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"

	"wsd/exec"
	"wsd/server"
)

// The formats of a log that a person reads as it is written, besides the values of
// --logformat.
const (
	onTerminal = "terminal"
	inColour   = "terminal with colours"
)

// openLog opens the log on stderr. Where that is a terminal, the log is for people,
// unless they have asked for JSON.
func (f *flags) openLog(stderr io.Writer) openedLog {
	file, isFile := stderr.(*os.File)
	if f.LogFormat != "text" || !isFile || !exec.IsTerminal(file) {
		return openLog(stderr, f.LogLevel, f.LogFormat)
	}
	format := onTerminal
	if os.Getenv("NO_COLOR") == "" && exec.HasColours(file) {
		format = inColour
	}
	log := openLog(stderr, f.LogLevel, format)
	log.Logger = slog.New(announcer{log.Handler(), f})
	return log
}

// announcer is a slog.Handler that says in a sentence what is served where, instead
// of that the server listens.
type announcer struct {
	slog.Handler
	flags *flags
}

// Handle implements slog.Handler.
func (a announcer) Handle(ctx context.Context, r slog.Record) error {
	if r.Message != "listening" {
		return a.Handler.Handle(ctx, r)
	}
	var url, target string
	r.Attrs(func(attr slog.Attr) bool {
		switch attr.Key {
		case "url":
			url = attr.Value.String()
		case "redirects_to":
			target = attr.Value.String()
		}
		return true
	})
	r = slog.Record{Level: r.Level, Message: a.flags.announce(url)}
	if target != "" {
		r.Message = "redirecting " + url + " to port " + target
	}
	return a.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler: a session announces nothing.
func (a announcer) WithAttrs(attrs []slog.Attr) slog.Handler { return a.Handler.WithAttrs(attrs) }

// WithGroup implements slog.Handler.
func (a announcer) WithGroup(name string) slog.Handler { return a.Handler.WithGroup(name) }

// announce is what f serves at url, which is a listener's.
func (f *flags) announce(url string) string {
	if base := strings.Trim(f.BasePath, "/"); base != "" && !strings.HasPrefix(url, "unix:") {
		url += base + "/"
	}
	page := ""
	switch {
	case strings.HasPrefix(url, "unix:"):
	case f.DevConsole:
		page = "console"
	case f.StaticDir != "" || f.CGIDir != "":
		page = "files"
	}
	backend := "the programs in " + f.Dir
	switch {
	case len(f.Command) > 0:
		backend = commandLine(f.Command)
	case f.Dir == "":
		return "serving " + cmp.Or(page, "files") + " at " + url
	}
	text := "serving " + backend + " at " + strings.Replace(url, "http", "ws", 1)
	if strings.HasPrefix(url, "unix:") {
		text = "serving " + backend + " at " + url
	}
	if page != "" {
		text += ", " + page + " at " + url
	}
	return text
}

// commandLine is a command as it is typed, without its arguments if those are long.
func commandLine(words []string) string {
	const longest = 60
	var quoted []string
	for _, word := range words {
		quoted = append(quoted, exec.Quoted(word))
	}
	if line := strings.Join(quoted, " "); len(line) <= longest {
		return line
	}
	return quoted[0] + " …"
}

// forTerminal is a slog.Handler for a person who watches: a record is a short time, a
// message, and what belongs to it. A hint has a line of its own, so that a command in
// it can be copied. Each record is one call of w's Write.
type forTerminal struct {
	w       io.Writer
	level   slog.Level
	colours bool
	replace func(groups []string, a slog.Attr) slog.Attr
	groups  []string
	attrs   string // of WithAttrs, as they are shown
}

// Enabled implements slog.Handler.
func (h forTerminal) Enabled(_ context.Context, level slog.Level) bool { return level >= h.level }

// WithGroup implements slog.Handler.
func (h forTerminal) WithGroup(name string) slog.Handler {
	h.groups = append(h.groups[:len(h.groups):len(h.groups)], name)
	return h
}

// WithAttrs implements slog.Handler.
func (h forTerminal) WithAttrs(attrs []slog.Attr) slog.Handler {
	for _, a := range attrs {
		h.attrs += h.shown(h.groups, a)
	}
	return h
}

// Handle implements slog.Handler.
func (h forTerminal) Handle(_ context.Context, r slog.Record) error {
	var line strings.Builder
	if !r.Time.IsZero() {
		line.WriteString(h.faint(r.Time.Format("15:04:05")) + " ")
	}
	line.WriteString(h.label(r.Level))
	line.WriteString(oneLine(h.replace(nil, slog.String(slog.MessageKey, r.Message)).Value.String()))
	line.WriteString(h.attrs)
	var said, hint string // what somebody said is shown as it is, at the end
	r.Attrs(func(a slog.Attr) bool {
		switch {
		case len(h.groups) > 0:
			line.WriteString(h.shown(h.groups, a))
		case a.Key == "line" || a.Key == "err":
			said = ": " + oneLine(h.text(a))
		case a.Key == "hint":
			hint = "\n  " + h.faint("hint: ") + oneLine(h.text(a))
		default:
			line.WriteString(h.shown(nil, a))
		}
		return true
	})
	_, err := io.WriteString(h.w, line.String()+said+hint+"\n")
	return err
}

func (h forTerminal) text(a slog.Attr) string { return h.replace(nil, a).Value.String() }

// label is what comes before the message of a record that is not an ordinary one.
func (h forTerminal) label(level slog.Level) string {
	switch {
	case level == server.LevelStderr:
		return ""
	case level >= server.LevelError:
		return h.painted("31", "error: ")
	case level >= server.LevelWarn:
		return h.painted("33", "warning: ")
	case level < server.LevelAccess:
		return h.faint(strings.ToLower(levelName(level).String()) + ": ")
	}
	return ""
}

// shown is a space, a key and its value, or such pairs for a group.
func (h forTerminal) shown(groups []string, a slog.Attr) string {
	if a.Value = a.Value.Resolve(); a.Value.Kind() == slog.KindGroup {
		if a.Key != "" {
			groups = append(groups[:len(groups):len(groups)], a.Key)
		}
		var all string
		for _, member := range a.Value.Group() {
			all += h.shown(groups, member)
		}
		return all
	}
	a = h.replace(groups, a)
	value := a.Value.String()
	if value == "" || strings.ContainsAny(value, " \"=") {
		value = strconv.Quote(value)
	}
	return " " + h.faint(oneLine(strings.Join(append(groups[:len(groups):len(groups)], a.Key), "."))+"=") + oneLine(value)
}

func (h forTerminal) faint(text string) string { return h.painted("2", text) }

// painted is text with an attribute of SGR (ECMA-48 8.3.117), or without colours just
// text.
func (h forTerminal) painted(how, text string) string {
	if !h.colours {
		return text
	}
	return "\x1b[" + how + "m" + text + "\x1b[0m"
}
