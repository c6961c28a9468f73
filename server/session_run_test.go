package server

import (
	"context"
	"crypto/tls"
	"net"
	"strings"
	"testing"
	"time"

	"wsd/server/certs"
	"wsd/server/servertest"
)

// runServer is a Server that Run serves.
type runServer struct {
	*testServer
	stop  context.CancelFunc
	ended chan error
}

func run(t *testing.T, cfg Config) *runServer {
	t.Helper()
	log := new(servertest.Log)
	cfg.Log = logTo(log, LevelAccess)
	cfg.Env = append(cfg.Env, quickExit)
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.auth.Timeout = servertest.Patience // a busy machine is no hang
	ctx, stop := context.WithCancel(context.Background())
	r := &runServer{testServer: &testServer{Server: s, log: log}, stop: stop, ended: make(chan error, 1)}
	go func() { r.ended <- s.Run(ctx) }() // ends by stop; the cleanup waits for it
	t.Cleanup(func() {
		stop()
		s.Kill()
		r.wait(t)
		if t.Failed() {
			t.Logf("the log:\n%s", log)
		}
	})
	url := log.Wait(t, "listening")["url"]
	_, r.addr, _ = strings.Cut(strings.TrimSuffix(url, "/"), "://")
	return r
}

// wait returns when Run has.
func (r *runServer) wait(t *testing.T) {
	t.Helper()
	select {
	case err := <-r.ended:
		if err != nil {
			t.Errorf("Run: %v", err)
		}
		r.ended <- err
	case <-time.After(servertest.Patience):
		t.Error("Run has not returned")
	}
}

func TestRunTLS(t *testing.T) {
	t.Parallel()
	r := run(t, Config{Command: servertest.Play("print:up", "echo"), Addresses: []string{"127.0.0.1:0"}, TLS: &certs.Config{}})
	c := servertest.NewClient(t, tls.Client(servertest.Connect(t, r.addr), servertest.TrustAny())).Upgrade("/")
	c.Want("up")
	c.WantEcho("hello", strings.Repeat("x", 600), strings.Repeat("y", 200_000))
	r.stop()
	c.WantClose(1001, "server is shutting down")
	r.wait(t)
}

// A client that does not read must not hold up the end for ever: its
// socket takes neither the close frame nor TLS's own farewell.
func TestRunEndsDespiteStalledTLSClient(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: wsd gives a client five seconds")
	}
	t.Parallel()
	r := run(t, Config{Command: servertest.Play("long:100000000"), Addresses: []string{"127.0.0.1:0"}, TLS: &certs.Config{}})
	nc := servertest.Connect(t, r.addr)
	nc.(*net.TCPConn).SetReadBuffer(4 << 10)
	servertest.NewClient(t, tls.Client(nc, servertest.TrustAny())).Upgrade("/")
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond) // until the buffers are full
	defer cancel()
	<-ctx.Done()
	r.stop()
	r.wait(t)
}
