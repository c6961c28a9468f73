package session

import (
	"context"
	"flag"
	"log/slog"
	"net"
	"testing"
	"time"

	"wsd/exec"
	"wsd/exec/exectest"
	"wsd/server/servertest"
	"wsd/server/websocket"
)

// Tests wait more than they compute; go test -parallel has its way.
func TestMain(m *testing.M) {
	flag.Set("test.parallel", "8")
	exectest.Main(m, servertest.Backends)
}

// running is a session of a test, and its client.
type running struct {
	*Session
	*servertest.Client
	server net.Conn // the session's end of the connection
	ended  chan End
}

// begin starts a session whose backend takes these steps, on a connection without
// a handshake. It ends with the test.
func begin(t testing.TB, cfg Config, steps ...string) *running {
	t.Helper()
	near, far := servertest.Pair(t)
	words := servertest.Play(steps...)
	proc, err := (&exec.Command{Path: words[0], Args: words[1:], Env: []string{"GORACE=atexit_sleep_ms=0"}}).Start()
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Buffered == nil {
		cfg.Buffered = new(websocket.Budget)
	}
	if cfg.Drains == nil {
		cfg.Drains = new(Drains)
	}
	r := &running{server: far, ended: make(chan End, 1)}
	over := make(chan struct{})
	t.Cleanup(func() {
		proc.Kill()
		near.Close()
		<-over
	})
	r.Client = servertest.NewClient(t, near)
	r.Session = Start(context.Background(), &cfg, slog.New(slog.DiscardHandler), websocket.NewConn(far, nil), proc, nil, Hooks{
		Exited: func() {},
		Ended: func(end End) {
			proc.Release()
			r.ended <- end
			close(over)
		},
	})
	return r
}

// wantEnd waits for the session's end, which must have this code and detail.
func (r *running) wantEnd(t testing.TB, code websocket.Code, detail string) End {
	t.Helper()
	var end End
	select {
	case end = <-r.ended:
	case <-time.After(servertest.Patience):
		t.Fatal("the session has not ended")
	}
	if end.Code != code || detail != "" && end.Detail != detail {
		t.Errorf("the session ended with %d, %q; want %d, %q", end.Code, end.Detail, code, detail)
	}
	return end
}
