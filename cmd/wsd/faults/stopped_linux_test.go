package faults_test

import (
	"strconv"
	"syscall"
	"testing"

	"wsd/server/servertest"
)

// stopped opens n sessions whose backends then stand still.
func (s *stage) stopped(n int) []*client {
	s.t.Helper()
	var clients []*client
	for range n {
		c := s.dial("/echo")
		c.WantEcho("hello")
		s.stopBackend(c)
		clients = append(clients, c)
	}
	return clients
}

// stopBackend stops a client's backend, and returns when it stands still.
func (s *stage) stopBackend(c *client) {
	s.t.Helper()
	pid := s.backend(c)
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		s.t.Fatal(err)
	}
	// Its parent could be told by the kernel; this is another process.
	for servertest.State(s.t, pid) != "T" {
	}
}

// TestBackendStopped stops backends by SIGSTOP. Their sessions stand still, pings
// are answered, and after SIGCONT all goes on with nothing lost.
func TestBackendStopped(t *testing.T) {
	t.Parallel()
	s := newStage(t, settings{})
	s.endure(leaks, func(n int, during func()) {
		clients := s.stopped(n)
		for _, c := range clients {
			for i := range 20 {
				c.Send(strconv.Itoa(i))
			}
			c.Write(servertest.Frame(servertest.Fin|servertest.Ping, "alive?"))
			c.wantPong("alive?")
		}
		during()
		for _, c := range clients {
			if err := syscall.Kill(s.backend(c), syscall.SIGCONT); err != nil {
				t.Fatal(err)
			}
			c.wantLines(0, 19)
			c.Leave()
		}
	})
	s.finish()
}

// TestBackendStoppedForEver has clients that leave a stopped backend. It is not
// waited for: SIGKILL reaches a stopped process, too.
func TestBackendStoppedForEver(t *testing.T) {
	t.Parallel()
	s := newStage(t, settings{})
	s.endure(leaks, func(n int, during func()) {
		clients := s.stopped(n)
		for _, c := range clients {
			c.Leave()
		}
		during()
		for _, c := range clients {
			s.over(c).Want(t, "code", "1000", "exit", "signal: SIGKILL")
		}
	})
	s.finish()
}

// TestShutdownWithStoppedBackends ends a wsd whose backends are stopped.
func TestShutdownWithStoppedBackends(t *testing.T) {
	t.Parallel()
	s := newStage(t, settings{})
	clients := s.stopped(10)
	s.leave()
	s.daemon.Signal(syscall.SIGTERM)
	for _, c := range clients {
		c.WantClose(1001, "server is shutting down")
		s.over(c).Want(t, "code", "1001", "exit", "signal: SIGKILL")
	}
	s.daemon.WantEnd()
}
