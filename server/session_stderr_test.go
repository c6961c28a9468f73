package server

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"wsd/server/lazyio"
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

// What is in the pipe when the deadline comes is read, however it is cut into
// lines; nobody has closed the pipe.
func TestDrainLinesAtDeadline(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	var text, got strings.Builder
	for i := range 1_730 {
		text.WriteString(servertest.TestLine(i, 60) + "\n")
	}
	want := text.String()
	w.SetWriteDeadline(time.Now().Add(servertest.Patience)) // where a pipe holds less
	w.WriteString(want[:40_000])
	var once sync.Once
	lazyio.DrainLines(r, func(line []byte) {
		once.Do(func() {
			w.WriteString(want[40_000:]) // fits the pipe, which is empty now, to the byte
			r.SetReadDeadline(time.Now())
		})
		got.WriteString(string(line) + "\n")
	})
	if got.String() != want {
		t.Errorf("%d of %d bytes were read: …%q", got.Len(), len(want), got.String()[got.Len()-40:])
	}
}
