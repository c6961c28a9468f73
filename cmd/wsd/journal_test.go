package main

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
)

func TestForJournal(t *testing.T) {
	for format, want := range map[string]string{
		"text": `level=INFO msg=m a=1 g.time=2`,
		"json": `{"level":"INFO","msg":"m","a":1,"g":{"time":2}}`,
	} {
		var b bytes.Buffer
		out := &prefixed{w: &b}
		log := slog.New(forJournal{newHandler(out, "debug", format, dropTime), out})
		for _, level := range everyLevel {
			log.With("a", 1).WithGroup("g").Log(context.Background(), level, "m", "time", 2)
		}
		var prefixes []string
		for line := range strings.Lines(b.String()) {
			prefix, rest, _ := strings.Cut(line, ">")
			prefixes = append(prefixes, prefix)
			if strings.Contains(line, "INFO") && rest != want+"\n" {
				t.Errorf("%q, want %q", rest, want)
			}
		}
		if got := strings.Join(prefixes, " "); got != "<7 <7 <6 <6 <4 <6 <3" {
			t.Errorf("--logformat=%s: priorities %s", format, got)
		}
	}
}

// What is no stream to the journal gets lines as ever.
func TestToJournal(t *testing.T) {
	t.Setenv("JOURNAL_STREAM", "0:0")
	var b bytes.Buffer
	log := openLog(&b, "info", "text")
	log.Info("m")
	log.close()
	report(forErrors(&b), usage("h", "e"))
	if got := b.String(); !strings.HasPrefix(got, "time=") || !strings.HasSuffix(got, "\nwsd: error: e\nwsd: hint: h\n") {
		t.Errorf("got %q", got)
	}
}

func TestPrefixed(t *testing.T) {
	var b bytes.Buffer
	report(&prefixed{w: &b, prefix: prefix(priorityError)}, usage("h", "e"))
	if got := b.String(); got != "<3>wsd: error: e\n<3>wsd: hint: h\n" {
		t.Errorf("got %q", got)
	}
}
