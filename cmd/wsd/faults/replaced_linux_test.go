package faults_test

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"wsd/server/servertest"
)

// wantStatus wants the handshake to be refused.
func (s *stage) wantStatus(path string, want int) {
	s.t.Helper()
	c := s.connect()
	if answer := c.Shake(path); answer.StatusCode != want {
		s.t.Errorf("the handshake at %s was answered %s, want %d", path, answer.Status, want)
	}
	c.Conn.Close()
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
	asks := func(c *client, want string) { t.Helper(); c.Send("who are you?"); c.Want(want) }
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
			s.dial("/who").WantClose(1011, "exit status 3")
			if i == n/2 {
				during()
			}
			asks(old, "old")
			asks(young, "new")
			old.Leave()
			young.Leave()
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
			c.WantEcho("hello")
			if f, err := os.OpenFile(file, os.O_WRONLY, 0); !errors.Is(err, syscall.ETXTBSY) {
				t.Fatalf("a program that runs was opened for writing: %v, %v", f, err)
			}
			c.Leave()
			s.over(c)
			closed := openForWriting(t, file)
			refused := s.dial("/copied")
			refused.WantClose(1011, "cannot start")
			s.daemon.Log.Wait(t, "", "level", "ERROR", "session", s.session(refused)["session"], "err", "…text file busy…")
			if i == n/2 {
				during()
			}
			closed()
			again := s.dial("/copied")
			again.WantEcho("hello again")
			again.Leave()
			s.over(again) // or it might still run when the file is opened next
		}
	})
	s.finish()
}

// openForWriting opens a file in a process of its own, and returns what ends that:
// this process can't know when a file is closed, as a program that it forks
// meanwhile holds it for a moment, too.
func openForWriting(t *testing.T, file string) (closed func()) {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-c", `exec 9>>"$0" && echo open && exec cat`, file)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	holder := servertest.Start(t, cmd)
	holder.Log.WaitText(t, 1, "open")
	return func() { stdin.Close(); holder.Wait() }
}

// TestCommandRemoved removes the file of the one command while sessions use it.
func TestCommandRemoved(t *testing.T) {
	t.Parallel()
	s := newStage(t, settings{command: true})
	file := filepath.Join(s.scripts, "echo")
	s.endure(leaks, func(n int, during func()) {
		for i := range n {
			c := s.dial("/")
			c.WantEcho("hello")
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			refused := s.dial("/")
			refused.WantClose(1011, "cannot start")
			s.over(refused).Want(t, "code", "1011", "reason", "cannot start")
			s.daemon.Log.Wait(t, "", "level", "ERROR", "session", s.session(refused)["session"], "err", "…no such file…")
			if i == n/2 {
				during()
			}
			c.WantEcho("still here")
			c.Leave()
			s.script("echo", "exec cat")
		}
	})
	s.finish()
}

// program makes a backend of a copy of a program.
func (s *stage) program(name, tool string) {
	s.t.Helper()
	servertest.WriteProgram(s.t, filepath.Join(s.scripts, name), servertest.Read(s.t, servertest.Tool(s.t, tool)))
}
