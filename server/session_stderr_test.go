package server

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"wsd/server/servertest"
)

// slowLog is a log that takes a moment for each line of stderr, as one does that
// ends in a terminal or on a busy disk.
type slowLog struct{ slog.Handler }

func (h slowLog) WithAttrs(a []slog.Attr) slog.Handler { return slowLog{h.Handler.WithAttrs(a)} }

func (h slowLog) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == "stderr" {
		<-time.After(time.Millisecond)
	}
	return h.Handler.Handle(ctx, r)
}

// A grandchild that writes to stderr without end, and has nothing else of the
// backend, does not keep the session open.
func TestGrandchildFloodsStderr(t *testing.T) {
	t.Parallel()
	gate, book := servertest.NewGate(t), new(servertest.Log)
	flood := "start:close:stdout;close:stdin;errlines:100000000,1000"
	s := serve(t, Config{
		Command: servertest.Play(flood, gate.Step(), "print:done"),
		Log:     slog.New(slowLog{logTo(book, LevelAccess).Handler()}),
	})
	c := s.client(t)
	gate.Reached()
	book.WaitN(t, 100, "stderr")
	gate.Open()
	c.Want("done")
	c.WantClose(1000, "")
	book.Wait(t, "DISCONNECT")
}

// All that a backend wrote to stderr before it ended is logged, however slow
// the log is.
func TestStderrTail(t *testing.T) {
	t.Parallel()
	book := new(servertest.Log)
	s := serve(t, Config{
		Command: servertest.Play("errlines:1000,60", "errwrite:6c617374"),
		Log:     slog.New(slowLog{logTo(book, LevelAccess).Handler()}),
	})
	s.client(t).WantClose(1000, "")
	book.Wait(t, "DISCONNECT")
	lines := book.All("stderr")
	if len(lines) != 1001 {
		t.Fatalf("%d lines of stderr in the log, want 1001; the last one is %v", len(lines), lines[len(lines)-1])
	}
	for i, r := range lines[:1000] {
		if r["line"] != servertest.TestLine(i, 60) {
			t.Fatalf("line %d is %v", i, r)
		}
	}
	if last := lines[1000]["line"]; last != "last" {
		t.Errorf("the last line is %q", last)
	}
}
