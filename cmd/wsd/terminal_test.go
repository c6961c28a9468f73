package main

import (
	"bytes"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"wsd/server"
	"wsd/server/hint"
)

func TestForTerminal(t *testing.T) {
	const when = `\d\d:\d\d:\d\d `
	for _, test := range []struct {
		log        func(log *slog.Logger)
		want, plus string // a pattern of the line, and of what colours make of it
	}{
		{
			func(log *slog.Logger) {
				log.With("session", "a-1").Log(t.Context(), server.LevelAccess, "CONNECT", "path", "/", "d", time.Second)
			},
			`T CONNECT session=a-1 path=/ d=1s`, `<2>T<0> CONNECT <2>session=<0>a-1 <2>path=<0>/ <2>d=<0>1s`,
		},
		{
			func(log *slog.Logger) {
				log.Log(t.Context(), server.LevelStderr, "stderr", "pid", 7, "line", `a "b" \n`)
			},
			`T stderr pid=7: a "b" \\n`, `<2>T<0> stderr <2>pid=<0>7: a "b" \\n`,
		},
		{
			func(log *slog.Logger) { log.Warn("use {PTY}", "hint", `sed 's/\r$//' {Binary}`, "a", "{PTY}") },
			`T warning: use --pty a={PTY}` + "\n" + `  hint: sed 's/\\r\$//' --binary`,
			`<2>T<0> <33>warning: <0>use --pty <2>a=<0>{PTY}` + "\n" + `  <2>hint: <0>sed 's/\\r\$//' --binary`,
		},
		{
			func(log *slog.Logger) { log.Error("e", "err", &hint.Error{Text: "{MaxForks}"}, "b", "x y") },
			`T error: e b="x y": --maxforks`, `<2>T<0> <31>error: <0>e <2>b=<0>"x y": --maxforks`,
		},
		{
			func(log *slog.Logger) {
				log.WithGroup("g").With("a", "").Debug("m", slog.Group("h", "X", "=", slog.Group("", "line", 1)))
			},
			`T debug: m g.a="" g.h.X="=" g.h.line=1`, `<2>T<0> <2>debug: <0>m <2>g.a=<0>"" <2>g.h.X=<0>"=" <2>g.h.line=<0>1`,
		},
	} {
		for format, want := range map[string]string{onTerminal: test.want, inColour: test.plus} {
			want = regexp.MustCompile(`<(\d+)>`).ReplaceAllString(want, "\x1b\\[${1}m")
			want = strings.Replace(want, "T", strings.TrimSpace(when), 1)
			var b bytes.Buffer
			test.log(newLogger(&b, "debug", format))
			if !regexp.MustCompile("^" + want + "\n$").MatchString(b.String()) {
				t.Errorf("%q, want %s", b.String(), want)
			}
		}
	}
	var b bytes.Buffer
	newLogger(&b, "error", onTerminal).Warn("unseen")
	if b.Len() > 0 {
		t.Errorf("%q", b.String())
	}
}

// Nothing that clients and backends say moves the cursor or begins another line.
func TestForTerminalEscapes(t *testing.T) {
	const hostile = "a\nb\r\x1b[2J\x00\x7f\u009b1m\u2028é\xff = \""
	var b bytes.Buffer
	newLogger(&b, "access", onTerminal).With("with", hostile).Warn(hostile, "hint", hostile,
		"line", hostile, "value", hostile, slog.Group("header", slog.String("X-"+hostile, hostile)))
	if lines := strings.Count(b.String(), "\n"); lines != 2 {
		t.Errorf("%d lines: %q", lines, b.String())
	}
	for _, r := range b.String() {
		if !unicode.IsPrint(r) && r != utf8.RuneError && r != '\n' {
			t.Errorf("%U stands in %q", r, b.String())
		}
	}
}

func TestAnnounce(t *testing.T) {
	const plain, tls, unix = "http://localhost:8080/", "https://localhost/", "unix:/run/http"
	for _, test := range []struct{ args, url, want string }{
		{"./greet.sh", plain, "serving ./greet.sh at ws://localhost:8080/"},
		{"--devconsole ./greet.sh", plain, "serving ./greet.sh at ws://localhost:8080/, console at http://localhost:8080/"},
		{"--devconsole --staticdir=x --basepath=/app/ cat -u", tls, "serving cat -u at wss://localhost/app/, console at https://localhost/app/"},
		{"--cgidir=x cat", plain, "serving cat at ws://localhost:8080/, files at http://localhost:8080/"},
		{"--dir=x", plain, "serving the programs in x at ws://localhost:8080/"},
		{"--staticdir=x", plain, "serving files at http://localhost:8080/"},
		{"--devconsole", plain, "serving console at http://localhost:8080/"},
		{"--basepath=a --devconsole cat", unix, "serving cat at unix:/run/http"},
		{"sh -c " + strings.Repeat("x", 60), plain, "serving sh … at ws://localhost:8080/"},
		{"a$b", plain, "serving 'a$b' at ws://localhost:8080/"},
	} {
		f, err := parse(strings.Fields(test.args))
		if err != nil {
			t.Fatal(err)
		}
		if got := f.announce(test.url); got != test.want {
			t.Errorf("%s: %s, want %s", test.args, got, test.want)
		}
	}
}
