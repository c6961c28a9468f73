package server

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wsd/server/servertest"
)

// testServer is a Server behind an httptest.Server, with what it logs.
type testServer struct {
	*Server
	addr string
	log  *logBook
}

// quickExit keeps the race detector from holding up the end of each backend for
// a second, which is when the ladder begins.
const quickExit = "GORACE=atexit_sleep_ms=0"

// serve starts a Server for cfg. At the test's end it is closed, which must not
// take for ever.
func serve(t testing.TB, cfg Config) *testServer {
	t.Helper()
	log := newLogBook()
	if cfg.Log == nil {
		cfg.Log = log.logger()
	}
	cfg.Env = append(cfg.Env, quickExit)
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.auth.Timeout = patience // a busy machine is no hang
	hs := httptest.NewServer(s)
	t.Cleanup(func() {
		within(t, "Close", s.Close)
		hs.Close()
		if t.Failed() {
			log.dump(t)
		}
	})
	return &testServer{Server: s, addr: hs.Listener.Addr().String(), log: log}
}

// serveSteps serves a backend that takes these steps.
func serveSteps(t testing.TB, steps ...string) *testServer {
	t.Helper()
	return serve(t, Config{Command: servertest.Play(steps...)})
}

// within fails when f has not returned in time; f then goes on.
func within(t testing.TB, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(patience):
		t.Errorf("%s has not returned after %v", what, patience)
	}
}

// client is a client whose handshake has been done.
func (s *testServer) client(t testing.TB, header ...string) *rawClient {
	t.Helper()
	return newRawClient(t, dialTCP(t, s.addr)).upgrade("/", header...)
}

// logBook keeps log records, and lets a test wait for one.
type logBook struct {
	mu      sync.Mutex
	records []logRecord
	more    chan struct{} // closed and replaced when a record comes
}

type logRecord struct {
	level slog.Level
	msg   string
	attrs map[string]string
}

func (r logRecord) String() string { return fmt.Sprintf("%v %s %v", r.level, r.msg, r.attrs) }

func newLogBook() *logBook { return &logBook{more: make(chan struct{})} }

func (b *logBook) logger() *slog.Logger { return slog.New(bookHandler{book: b, level: LevelAccess}) }

// bookHandler is the slog.Handler of a logBook.
type bookHandler struct {
	book  *logBook
	level slog.Level
	attrs []slog.Attr
}

func (h bookHandler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level }
func (h bookHandler) WithGroup(string) slog.Handler                { return h }
func (h bookHandler) WithAttrs(a []slog.Attr) slog.Handler {
	h.attrs = slices.Concat(h.attrs, a)
	return h
}

func (h bookHandler) Handle(_ context.Context, r slog.Record) error {
	record := logRecord{level: r.Level, msg: r.Message, attrs: map[string]string{}}
	for _, a := range h.attrs {
		record.attrs[a.Key] = a.Value.String()
	}
	r.Attrs(func(a slog.Attr) bool { record.attrs[a.Key] = a.Value.String(); return true })
	b := h.book
	b.mu.Lock()
	defer b.mu.Unlock()
	b.records = append(b.records, record)
	close(b.more)
	b.more = make(chan struct{})
	return nil
}

// all returns the records with this message, so far.
func (b *logBook) all(msg string) []logRecord {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.matching(msg)
}

func (b *logBook) matching(msg string) (found []logRecord) {
	for _, r := range b.records {
		if r.msg == msg || strings.HasSuffix(msg, "…") && strings.HasPrefix(r.msg, strings.TrimSuffix(msg, "…")) {
			found = append(found, r)
		}
	}
	return found
}

// wait returns the first n records with this message, when there are as many.
func (b *logBook) wait(t testing.TB, msg string, n int) []logRecord {
	t.Helper()
	timeout := time.After(patience)
	for {
		b.mu.Lock()
		found, more := b.matching(msg), b.more
		b.mu.Unlock()
		if len(found) >= n {
			return found[:n]
		}
		select {
		case <-more:
		case <-timeout:
			t.Fatalf("the log has %d of %d records %q", len(found), n, msg)
		}
	}
}

// end is the record of the one session's end.
func (b *logBook) end(t testing.TB) logRecord {
	t.Helper()
	return b.wait(t, "DISCONNECT", 1)[0]
}

func (b *logBook) dump(t testing.TB) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.records {
		t.Logf("log: %.300s", r)
	}
}

// wantAttrs checks some attributes of a record.
func (r logRecord) wantAttrs(t testing.TB, want map[string]string) {
	t.Helper()
	for name, value := range want {
		if r.attrs[name] != value {
			t.Errorf("%s: %s is %q, want %q", r.msg, name, r.attrs[name], value)
		}
	}
}

// recording is a path for the step "read".
func recording(t testing.TB) string { return filepath.Join(t.TempDir(), "stdin") }

func readRecording(t testing.TB, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("the backend has not read its stdin to the end: %v", err)
	}
	return string(b)
}
