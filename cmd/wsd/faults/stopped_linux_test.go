package faults_test

import (
	"strconv"
	"syscall"
	"testing"
)

// stopped opens n sessions whose backends then stand still.
func (s *stage) stopped(n int) []*client {
	s.t.Helper()
	var clients []*client
	for range n {
		c := s.dial("/echo")
		c.wantEcho("hello")
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
	for state(s.t, pid) != "T" {
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
				c.say(strconv.Itoa(i))
			}
			c.write(frame(fin|ping, "alive?"))
			c.wantPong("alive?")
		}
		during()
		for _, c := range clients {
			if err := syscall.Kill(s.backend(c), syscall.SIGCONT); err != nil {
				t.Fatal(err)
			}
			c.wantLines(0, 19)
			c.leave()
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
			c.leave()
		}
		during()
		for _, c := range clients {
			s.over(c).want(t, "code", "1000", "exit", "signal: SIGKILL")
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
	s.daemon.signal(syscall.SIGTERM)
	for _, c := range clients {
		c.wantClose(1001, "server is shutting down")
		s.over(c).want(t, "code", "1001", "exit", "signal: SIGKILL")
	}
	s.daemon.wantEnd()
}

// wantPong reads up to a pong with this payload.
func (c *client) wantPong(payload string) {
	c.t.Helper()
	for {
		first, got, err := c.readFrame()
		switch {
		case err != nil:
			c.t.Fatalf("reading up to a pong: %v", err)
		case first == fin|ping:
			c.write(frame(fin|pong, string(got)))
		case first == fin|pong && string(got) == payload:
			return
		case first == fin|pong:
		default:
			c.t.Fatalf("got a frame %#x %q, want a pong", first, got)
		}
	}
}
