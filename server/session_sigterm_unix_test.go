//go:build unix

package server

import (
	"strconv"
	"syscall"
	"testing"
	"time"

	"wsd/server/servertest"
)

// terminate sends SIGTERM to the backend of c, which says its pid first, and returns when
// it has been reaped.
func (s *testServer) terminate(t *testing.T, c *servertest.Client) {
	t.Helper()
	said, err := c.Read()
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(said)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	within(t, "the backend's end", func() {
		for s.forks.Load() > 0 {
			<-time.After(time.Millisecond)
		}
	})
}

// A service manager may end the backends together with the server, and the backends may
// be first: the clients hear that the server goes away.
func TestBackendsEndFirst(t *testing.T) {
	t.Parallel()
	s := serveSteps(t, "pid", "drain")
	s.session.ShutdownWait = servertest.Patience
	c := s.client(t)
	s.terminate(t, c)
	closed := make(chan struct{})
	go func() { defer close(closed); s.Close() }()
	c.WantClose(1001, "server is shutting down")
	<-closed
	s.log.Wait(t, "DISCONNECT").Want(t, "code", "1001", "exit", "signal: SIGTERM")
}

// The same holds while health checks already fail and nothing is closed yet, and for a
// backend that catches SIGTERM and says so by its status.
func TestBackendsEndWhileDraining(t *testing.T) {
	t.Parallel()
	s := serveSteps(t, "pid", "drain")
	s.session.ShutdownWait = time.Millisecond
	c := s.client(t)
	s.life.reach(draining)
	s.terminate(t, c)
	c.WantClose(1001, "server is shutting down")

	s = serveSteps(t, "input:1", "exit:143")
	s.session.ShutdownWait = time.Millisecond
	c = s.client(t)
	s.life.reach(draining)
	c.Send("go")
	c.WantClose(1001, "server is shutting down")
}

// A backend that alone has got SIGTERM has failed.
func TestBackendTerminated(t *testing.T) {
	t.Parallel()
	s := serveSteps(t, "pid", "drain")
	s.session.ShutdownWait = time.Millisecond
	c := s.client(t)
	s.terminate(t, c)
	c.WantClose(1011, "signal: SIGTERM")

	// While it waits for a shutdown, the client may leave.
	s = serveSteps(t, "pid", "drain")
	s.session.ShutdownWait = servertest.Patience
	c = s.client(t)
	s.terminate(t, c)
	c.Leave()
	s.log.Wait(t, "DISCONNECT").Want(t, "code", "1000", "exit", "signal: SIGTERM")
}
