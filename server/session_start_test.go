package server

import (
	"io"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"wsd/server/servertest"
)

// testServer is a Server behind an httptest.Server, with what it logs.
type testServer struct {
	*Server
	addr string
	log  *servertest.Log
}

// quickExit keeps the race detector from holding up the end of each backend for
// a second, which is when the ladder begins.
const quickExit = "GORACE=atexit_sleep_ms=0"

// serve starts a Server for cfg. At the test's end it is closed, which must not
// take for ever.
func serve(t testing.TB, cfg Config) *testServer {
	t.Helper()
	return serveTuned(t, cfg, func(*Server) {})
}

// serveTuned is serve for a Server that tune has changed before it serves.
func serveTuned(t testing.TB, cfg Config, tune func(*Server)) *testServer {
	t.Helper()
	log := new(servertest.Log)
	if cfg.Log == nil {
		cfg.Log = logTo(log, LevelAccess)
	}
	cfg.Env = append(cfg.Env, quickExit)
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.auth.Timeout = servertest.Patience // a busy machine is no hang
	tune(s)
	hs := httptest.NewUnstartedServer(nil)
	hs.Config = s.httpServer(s)
	hs.Start()
	t.Cleanup(func() {
		within(t, "Close", s.Close)
		hs.Close()
		if t.Failed() {
			t.Logf("the log:\n%s", log)
		}
	})
	return &testServer{Server: s, addr: hs.Listener.Addr().String(), log: log}
}

// serveSteps serves a backend that takes these steps.
func serveSteps(t testing.TB, steps ...string) *testServer {
	t.Helper()
	return serve(t, Config{Command: servertest.Play(steps...)})
}

// serveToEnd is serveSteps for a backend that ends by itself when its stdin does,
// and that no signal is to meet before that, however slow it is.
func serveToEnd(t testing.TB, steps ...string) *testServer {
	t.Helper()
	return serve(t, Config{Command: servertest.Play(steps...), CloseDelay: servertest.Patience})
}

// within fails when f has not returned in time; f then goes on.
func within(t testing.TB, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(servertest.Patience):
		t.Errorf("%s has not returned after %v", what, servertest.Patience)
	}
}

// dial is a client that has done no handshake.
func (s *testServer) dial(t testing.TB) *servertest.Client {
	t.Helper()
	return servertest.NewClient(t, servertest.Connect(t, s.addr))
}

// client is a client whose handshake has been done.
func (s *testServer) client(t testing.TB, header ...string) *servertest.Client {
	t.Helper()
	return s.dial(t).Upgrade("/", header...)
}

// logTo writes records to a log, from this level on.
func logTo(log io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: level}))
}

// newestLog is a log for many sessions, of which only the newest is of interest:
// whoever begins one replaces the log.
type newestLog struct{ atomic.Pointer[servertest.Log] }

// Write writes to the log of the newest session.
func (l *newestLog) Write(p []byte) (int, error) { return l.Load().Write(p) }

// recording is a path for the step "read".
func recording(t testing.TB) string { return filepath.Join(t.TempDir(), "stdin") }
