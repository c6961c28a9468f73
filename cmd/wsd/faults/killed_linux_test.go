package faults_test

import (
	"strconv"
	"syscall"
	"testing"
)

// TestBackendKilled kills backends, as the kernel does when memory runs out. What
// they had said reaches the client, which learns why it ended.
func TestBackendKilled(t *testing.T) {
	t.Parallel()
	s := newStage(t, settings{})
	// What a shell that is killed has not reaped would be left behind: so seq ends first.
	s.script("talk", `lines=$(seq 1000); echo "$lines"; exec cat`)
	s.endure(leaks, func(n int, during func()) {
		var clients []*client
		for range n {
			c := s.dial("/talk")
			clients = append(clients, c)
			c.wantLines(1, 999)
		}
		for i, c := range clients {
			if err := syscall.Kill(s.backend(c), syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			if i == n/2 {
				during()
			}
		}
		for _, c := range clients {
			if left := c.WantClose(1011, "signal: SIGKILL"); len(left) != 1 || left[0] != "1000" {
				t.Errorf("the last messages were %q, want 1000", left)
			}
			s.over(c).Want(t, "code", "1011", "reason", "signal: SIGKILL", "exit", "signal: SIGKILL", "messages_out", "1000")
		}
	})
	s.finish()
}

// TestBackendKilledUnderInput kills backends to which a client sends without end.
func TestBackendKilledUnderInput(t *testing.T) {
	t.Parallel()
	s := newStage(t, settings{})
	s.script("deaf", "echo $$; exec sleep 60")
	s.endure(leaks, func(n int, during func()) {
		for i := range n {
			c := s.dial("/deaf")
			pid, err := c.Read()
			if err != nil {
				t.Fatal(err)
			}
			for range 3 { // more than its pipe takes
				c.Send(string(make([]byte, 50_000)))
			}
			if i == n/2 {
				during()
			}
			if want := strconv.Itoa(s.backend(c)); pid != want {
				t.Errorf("the backend is %s, want %s", pid, want)
			}
			if err := syscall.Kill(s.backend(c), syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			c.WantClose(1011, "signal: SIGKILL")
		}
	})
	s.finish()
}
