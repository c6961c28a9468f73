package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"wsd/server"
	"wsd/server/servertest"
)

var everyLevel = []slog.Level{
	server.LevelDebug, server.LevelTrace, server.LevelAccess, server.LevelInfo,
	server.LevelWarn, server.LevelStderr, server.LevelError,
}

func TestLogLevels(t *testing.T) {
	for level, want := range map[string]string{
		"debug":  "DEBUG TRACE ACCESS INFO WARN INFO ERROR",
		"trace":  "TRACE ACCESS INFO WARN INFO ERROR",
		"access": "ACCESS INFO WARN INFO ERROR",
		"info":   "INFO WARN INFO ERROR",
		"error":  "INFO ERROR", // what backends write to stderr, and errors
		"fatal":  "",
		"none":   "",
	} {
		var b bytes.Buffer
		log := newLogger(&b, level, "text")
		for _, l := range everyLevel {
			log.Log(context.Background(), l, "two\nlines")
		}
		var got []string
		for line := range strings.Lines(b.String()) {
			m := regexp.MustCompile(`^time=\S+ level=([A-Z]+) msg="two\\nlines"\n$`).FindStringSubmatch(line)
			if m == nil {
				t.Fatalf("--loglevel=%s: %q", level, line)
			}
			got = append(got, m[1])
		}
		if strings.Join(got, " ") != want {
			t.Errorf("--loglevel=%s: %q, want %s", level, got, want)
		}
	}
}

// TestLogErrors has what websocketd's users see at --loglevel=error: why a client was
// turned away, and what backends write to stderr; and nothing at none.
func TestLogErrors(t *testing.T) {
	for level, want := range map[string]string{"error": `stderr "oops", all places are taken (--maxforks)`, "none": ""} {
		log := new(servertest.Log)
		srv, err := server.New(server.Config{Command: servertest.Play("err:oops", "print:up", "drain"), MaxForks: 1, Log: newLogger(log, level, "json")})
		if err != nil {
			t.Fatal(err)
		}
		web := httptest.NewServer(srv)
		address := web.Listener.Addr().String()
		client := servertest.NewClient(t, servertest.Connect(t, address)).Upgrade("/")
		client.Want("up")
		if answer := servertest.NewClient(t, servertest.Connect(t, address)).Shake("/"); answer.StatusCode != http.StatusTooManyRequests {
			t.Errorf("a second client is answered %s", answer.Status)
		}
		client.Leave()
		srv.Close() // the session's end logs all of stderr
		web.Close()
		var got []string
		for _, r := range log.All("") {
			text := r["msg"]
			if r["line"] != "" {
				text += ` "` + r["line"] + `"`
			}
			got = append(got, text)
		}
		slices.Sort(got) // stderr is read when its turn comes
		slices.Reverse(got)
		if strings.Join(got, ", ") != want {
			t.Errorf("--loglevel=%s: %q, want %s", level, got, want)
		}
	}
}

func TestLogJSON(t *testing.T) {
	var b bytes.Buffer
	newLogger(&b, "access", "json").Log(context.Background(), server.LevelAccess, "CONNECT", "level", "mine", slog.Group("g", "level", slog.LevelInfo))
	var got struct {
		Msg string
		G   struct{ Level string }
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatalf("%q: %v", b.String(), err)
	}
	if !strings.Contains(b.String(), `"level":"ACCESS"`) || got.Msg != "CONNECT" || got.G.Level != "INFO" {
		t.Errorf("%s", b.String())
	}
}

// TestLogEscapes has records with what clients and backends say: nothing in it can
// move a terminal's cursor or begin another record.
func TestLogEscapes(t *testing.T) {
	const hostile = "a\nlevel=ERROR\r\x1b[2J\x00\x7f\u009b1m\u2028é\xff"
	for _, format := range []string{"text", "json"} {
		var b bytes.Buffer
		newLogger(&b, "access", format).With("with", hostile).Warn(hostile,
			"value", hostile, slog.Group("header", slog.String("X-"+hostile, hostile)))
		record, rest, ended := strings.Cut(b.String(), "\n")
		if !ended || rest != "" {
			t.Errorf("%s: more than one line: %q", format, b.String())
		}
		for _, r := range record {
			if !unicode.IsPrint(r) && r != utf8.RuneError {
				t.Errorf("%s: %U stands in %q", format, r, record)
			}
		}
	}
}

// TestLogBounds has values that are too long, which clients choose; a line of a
// program's is not cut.
func TestLogBounds(t *testing.T) {
	long := strings.Repeat("é", maxValue)
	cut := strings.Repeat("é", maxValue/2) + "… (2048 bytes)"
	for _, format := range []string{"text", "json"} {
		var b bytes.Buffer
		newLogger(&b, "access", format).With("path", long).Info("m", "user", long, "err", errors.New(long),
			slog.Group("header", slog.String(long, long)))
		if got := strings.ReplaceAll(b.String(), cut, ""); strings.Contains(got, "é") || len(b.String())-len(got) != 5*len(cut) {
			t.Errorf("%s: %q", format, got)
		}
		b.Reset()
		newLogger(&b, "access", format).Info("stderr", "line", long)
		if !strings.Contains(b.String(), long) {
			t.Errorf("%s: a line was cut", format)
		}
	}
}

// TestLogSources has the records of several sessions, and wants the queue to know
// which are lines of stderr, and whose.
func TestLogSources(t *testing.T) {
	s := &sink{takes: make(chan int)}
	log := openLog(s, "info", "text")
	log.Info("listening") // which is being written
	for _, with := range [][]any{{"session", "a"}, {"session", "a", "pid", 1}, {"request", "b"}, {}} {
		log := log.With(with...)
		log.Info("stderr", "line", "x")
		log.Info("authcmd stderr", "line", "x")
		log.Info("CONNECT")
	}
	var from []string
	log.queue.mu.Lock()
	for _, line := range log.queue.lines {
		from = append(from, line.from)
	}
	log.queue.mu.Unlock()
	if got := strings.Join(from, ","); got != ",a,a,,a,a,,b,b,,a program,a program," {
		t.Errorf("got %s", got)
	}
	s.finish(t, log.queue)
}

// TestLevelNames checks that flags.go takes the levels that log.go knows.
func TestLevelNames(t *testing.T) {
	for name := range levels {
		if _, err := parse([]string{"--loglevel=" + name}); err != nil {
			t.Error(err)
		}
	}
}
