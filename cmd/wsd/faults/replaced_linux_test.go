package faults_test

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// wantStatus wants the handshake to be refused.
func (s *stage) wantStatus(path string, want int) {
	s.t.Helper()
	c := s.connect()
	if status, err := c.shake(path); err != nil || status != want {
		s.t.Errorf("the handshake at %s was answered %d, %v; want %d", path, status, err, want)
	}
	c.conn.Close()
}

// TestBackendReplaced replaces, removes and locks a backend's file while sessions
// use it: they go on with what they have, and new ones get what is there.
func TestBackendReplaced(t *testing.T) {
	t.Parallel()
	s := newStage(t, settings{})
	file := filepath.Join(s.scripts, "who")
	put := func(name string) {
		s.script("who.new", "while read -r line; do echo "+name+"; done")
		if err := os.Rename(file+".new", file); err != nil {
			t.Fatal(err)
		}
	}
	asks := func(c *client, want string) { t.Helper(); c.say("who are you?"); c.want(want) }
	s.endure(20, func(n int, during func()) {
		for i := range n {
			put("old")
			old := s.dial("/who")
			asks(old, "old")
			put("new")
			asks(old, "old")
			young := s.dial("/who")
			asks(young, "new")
			if err := os.Chmod(file, 0o644); err != nil {
				t.Fatal(err)
			}
			s.wantStatus("/who", http.StatusNotFound)
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			s.wantStatus("/who", http.StatusNotFound)
			s.script("who", "exit 3") // what an installer may leave for a moment
			s.dial("/who").wantClose(1011, "exit status 3")
			if i == n/2 {
				during()
			}
			asks(old, "old")
			asks(young, "new")
			old.leave()
			young.leave()
		}
	})
	s.finish()
}

// TestBackendWrittenInPlace opens a program for writing, as cp does that replaces
// it: the kernel does not let it while it runs, and does not start it meanwhile.
func TestBackendWrittenInPlace(t *testing.T) {
	t.Parallel()
	s := newStage(t, settings{})
	s.program("copied", "cat")
	file := filepath.Join(s.scripts, "copied")
	s.endure(20, func(n int, during func()) {
		for i := range n {
			c := s.dial("/copied")
			c.wantEcho("hello")
			if f, err := os.OpenFile(file, os.O_WRONLY, 0); !errors.Is(err, syscall.ETXTBSY) {
				t.Fatalf("a program that runs was opened for writing: %v, %v", f, err)
			}
			c.leave()
			s.over(c)
			busy, err := os.OpenFile(file, os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			refused := s.dial("/copied")
			refused.wantClose(1011, "cannot start")
			s.daemon.log.await(t, "level", "ERROR", "session", s.session(refused).text("session"), "err", "…text file busy…")
			if i == n/2 {
				during()
			}
			busy.Close()
			again := s.dial("/copied")
			again.wantEcho("hello again")
			again.leave()
		}
	})
	s.finish()
}

// TestCommandRemoved removes the file of the one command while sessions use it.
func TestCommandRemoved(t *testing.T) {
	t.Parallel()
	s := newStage(t, settings{command: true})
	file := filepath.Join(s.scripts, "echo")
	s.endure(leaks, func(n int, during func()) {
		for i := range n {
			c := s.dial("/")
			c.wantEcho("hello")
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			refused := s.dial("/")
			refused.wantClose(1011, "cannot start")
			s.over(refused).want(t, "code", "1011", "reason", "cannot start")
			s.daemon.log.await(t, "level", "ERROR", "session", s.session(refused).text("session"), "err", "…no such file…")
			if i == n/2 {
				during()
			}
			c.wantEcho("still here")
			c.leave()
			s.script("echo", "exec cat")
		}
	})
	s.finish()
}

// program makes a backend of a copy of a program.
func (s *stage) program(name, tool string) {
	s.t.Helper()
	path, err := exec.LookPath(tool)
	if err != nil {
		missing(s.t, tool)
	}
	binary, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.scripts, name), binary, 0o755); err != nil {
		s.t.Fatal(err)
	}
}
