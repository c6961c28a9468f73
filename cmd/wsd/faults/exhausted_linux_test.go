package faults_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"wsd/server/servertest"
)

// TestNoDescriptorToAccept leaves wsd no descriptor for a connection. Those that
// come wait in the kernel, and are served as soon as there is one.
func TestNoDescriptorToAccept(t *testing.T) {
	t.Parallel()
	s := newStage(t, settings{})
	s.endure(20, func(n int, during func()) {
		refused := len(s.daemon.Log.All("…too many open files…", "level", "ERROR"))
		restore := s.daemon.leave(0)
		var clients []*client
		for range n {
			c := s.connect()
			c.Write(servertest.Request("/echo"))
			clients = append(clients, c)
		}
		s.daemon.Log.WaitN(t, refused+1, "…too many open files…", "level", "ERROR")
		during()
		restore()
		for _, c := range clients {
			c.WantUpgraded()
			c.WantEcho("at last")
			c.Leave()
		}
	})
	s.finish()
}

// TestNoDescriptorForPipes leaves wsd descriptors for a connection and too few for
// a backend's pipes. Whatever number that is, the session either works or is
// closed with 1011.
func TestNoDescriptorForPipes(t *testing.T) {
	t.Parallel()
	s := newStage(t, settings{})
	s.endure(2, func(n int, during func()) {
		for range n {
			refused := 0
			for left := 1; left <= enough; left++ {
				restore := s.daemon.leave(left)
				c := s.dial("/echo")
				c.Send("hello")
				got, err := c.Read()
				switch {
				case err == nil && got == "hello":
					c.Leave()
				case err == servertest.CloseError{Code: 1011, Reason: "cannot start"}:
					refused++
					c.Part(1011)
					s.over(c).Want(t, "code", "1011", "reason", "cannot start", "detail", s.failure(c))
				default:
					t.Fatalf("with %d descriptors left: %q, %v", left, got, err)
				}
				s.daemon.back(s.start)
				restore()
			}
			during()
			if refused < 4 || refused == enough {
				t.Errorf("%d of %d sessions were refused", refused, enough)
			}
		}
	})
	s.finish()
}

// enough descriptors for a connection, three pipes and what starting a process takes.
const enough = 16

// failure is what the log says of a client's backend that could not be started.
func (s *stage) failure(c *client) string {
	s.t.Helper()
	failed := s.daemon.Log.Wait(s.t, "cannot start the backend", "session", s.session(c)["session"])
	failed.Want(s.t, "level", "ERROR", "err", "…too many open files…")
	return failed["err"]
}

// leave sets the limit so that n more descriptors can be opened, and returns what
// lifts it again.
func (d *daemon) leave(n int) (restore func()) {
	d.t.Helper()
	var old unix.Rlimit
	if err := unix.Prlimit(d.PID(), unix.RLIMIT_NOFILE, nil, &old); err != nil {
		d.t.Fatal(err)
	}
	fds, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", d.PID()))
	if err != nil {
		d.t.Fatal(err)
	}
	open := map[int]bool{}
	for _, fd := range fds {
		number, _ := strconv.Atoi(fd.Name())
		open[number] = true
	}
	limit := 0 // the lowest number that may not be opened
	for free := 0; free < n || open[limit]; limit++ {
		if !open[limit] {
			free++
		}
	}
	d.limit(unix.RLIMIT_NOFILE, uint64(limit))
	return func() { d.limit(unix.RLIMIT_NOFILE, old.Cur) }
}
