package faults_test

import (
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"wsd/server/servertest"
)

// chatter has sessions whose backends say much to the log.
func (s *stage) chatter(n, lines int) {
	s.t.Helper()
	s.script("chatter", fmt.Sprintf(`seq %d | sed 's/^/a line of the log, long enough to fill it soon, number /' >&2; exec cat`, lines))
	for range n {
		c := s.dial("/chatter")
		c.WantEcho("all is well")
		c.Leave()
	}
}

// muchToSay is lines enough to fill a pipe and all that wsd keeps in memory of what
// one backend says to a log that is not being read.
const muchToSay = 8_000

// TestLogFull has a log that takes nothing: no line of it is written, and nothing
// else is wrong.
func TestLogFull(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		servertest.Missing(t, "/dev/full")
	}
	defer full.Close()
	s := newStage(t, settings{stderr: full})
	s.endureChatter()
	s.bystander.leave()
	s.daemon.Shutdown()
}

// endureChatter has wsd log more and more lines.
func (s *stage) endureChatter() {
	s.t.Helper()
	s.endure(leaks, func(n int, during func()) {
		s.chatter(n, 20)
		during()
	})
}

// newPipedStage returns a stage whose log is a pipe, and what reads it.
func newPipedStage(t *testing.T) (*stage, *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	defer w.Close()
	return newStage(t, settings{stderr: w}), r
}

// TestLogUnread has a log that is a pipe which nobody reads: lines are dropped,
// and when somebody reads again the log says so and goes on.
func TestLogUnread(t *testing.T) {
	t.Parallel()
	s, r := newPipedStage(t)
	s.chatter(1, muchToSay)
	s.endureChatter()
	var log servertest.Log
	read := make(chan struct{})
	go func() { defer close(read); log.Copy(r) }() // ends with wsd; awaited below
	log.WaitN(t, muchToSay/8, "stderr")            // of what has waited: there is room again
	last := s.dial("/echo")
	last.WantEcho("the log is read again")
	last.Leave()
	log.Wait(t, "CONNECT", "path", last.path)
	s.bystander.leave()
	s.daemon.Shutdown()
	<-read
	wantGap(t, &log, last.path)
}

// TestLogSlow has a log that is read, but slower than a backend fills it: neither
// that backend nor another waits for it, and the little that another says to stderr
// is in the log.
func TestLogSlow(t *testing.T) {
	t.Parallel()
	s, r := newPipedStage(t)
	var log servertest.Log
	hurry, read := make(chan struct{}), make(chan struct{})
	slowly := 0 // bytes that were read
	go func() { // ends with wsd; awaited below
		defer close(read)
		for pause := time.NewTicker(50 * time.Millisecond); ; slowly += 4 << 10 {
			select {
			case <-pause.C:
				io.CopyN(&log, r, 4<<10)
			case <-hurry:
				log.Copy(r)
				return
			}
		}
	}()
	const chatter = 4 << 20
	s.script("torrent", fmt.Sprintf("yes '%s' | head -c %d >&2; echo done; exec cat", strings.Repeat("x", 99), chatter))
	s.script("quiet", "echo 'a word' >&2; exec cat")
	c := s.dial("/torrent")
	c.Want("done")
	quiet := s.dial("/quiet")
	quiet.WantEcho("hello")
	quiet.Leave()
	close(hurry)
	log.Wait(t, "stderr", "line", "a word")
	log.Wait(t, "…lines were lost…", "level", "WARN")
	c.Leave()
	s.bystander.leave()
	s.daemon.Shutdown()
	<-read
	if slowly > chatter/4 {
		t.Errorf("%d bytes of the log were read before the backend could go on", slowly)
	}
}

// wantGap wants a log that tells that lines were lost and then goes on to a
// session at this path, in whole lines.
func wantGap(t *testing.T, log *servertest.Log, path string) {
	t.Helper()
	log.Wait(t, "…lines were lost…", "level", "WARN")
	if found := log.All("CONNECT", "path", path); len(found) != 1 {
		t.Errorf("the log has %d sessions at %s", len(found), path)
	}
	if other := strings.Trim(log.Other(), "\n"); strings.Count(other, "\n") > rounds {
		t.Errorf("the log has lines that are none: %.500s", other)
	}
}

// TestLogUnreadAtTheEnd ends a wsd whose log nobody reads.
func TestLogUnreadAtTheEnd(t *testing.T) {
	t.Parallel()
	s, _ := newPipedStage(t)
	s.chatter(1, muchToSay)
	c := s.dial("/echo")
	s.bystander.leave()
	s.daemon.Signal(syscall.SIGTERM)
	c.WantClose(1001, "server is shutting down")
	s.daemon.WantEnd()
}

// TestLogReaderGone has a log that is a pipe whose reader has ended.
func TestLogReaderGone(t *testing.T) {
	t.Parallel()
	s, r := newPipedStage(t)
	r.Close()
	s.endureChatter()
	s.bystander.leave()
	s.daemon.Shutdown()
}
