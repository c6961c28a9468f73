package faults_test

import (
	"crypto/tls"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"testing"

	"wsd/server/servertest"
)

// A stage is a wsd that serves a folder of scripts, and a session beside the one
// that a fault concerns.
type stage struct {
	t         *testing.T
	scripts   string
	daemon    *daemon
	tls       *tls.Config  // nil without TLS
	inside    func(func()) // calls a function where the clients are
	bystander *bystander
	empty     map[string]int // the descriptors without any session
	dialed    int
	start     tally // with the bystander, before any fault
}

func newStage(t *testing.T, o settings) *stage {
	t.Helper()
	if testing.Short() {
		t.Skip("takes long")
	}
	s := &stage{t: t, scripts: o.scripts}
	if s.scripts == "" {
		s.scripts = t.TempDir()
	}
	s.script("echo", "exec cat")
	var args []string
	if o.tls != nil {
		args = append(args, "--ssl", "--sslcert="+o.tls.cert, "--sslkey="+o.tls.key)
		s.tls = o.tls.Trust("localhost")
	}
	args = append(args, o.args...)
	if o.command {
		args = append(args, filepath.Join(s.scripts, "echo"))
	} else {
		args = append(args, "--dir="+s.scripts)
	}
	if s.inside = o.inside; s.inside == nil {
		s.inside = func(f func()) { f() }
	}
	o.inside = s.inside
	s.daemon = launch(t, o, args...)
	s.empty = s.daemon.descriptors()
	s.bystander = watch(s.dial("/echo"))
	s.bystander.more()
	s.start = s.daemon.tally()
	return s
}

// script makes a backend of a shell script.
func (s *stage) script(name, text string) {
	s.t.Helper()
	servertest.WriteScript(s.t, filepath.Join(s.scripts, name), text)
}

// connect opens a connection on which no handshake has been done.
func (s *stage) connect() *client {
	s.t.Helper()
	conn := s.tcp()
	if s.tls != nil {
		conn = tls.Client(conn, s.tls)
	}
	return newClient(s.t, conn)
}

// tcp opens a connection without TLS.
func (s *stage) tcp() net.Conn {
	s.t.Helper()
	var conn net.Conn
	var err error
	s.inside(func() { conn, err = net.DialTimeout("tcp", s.daemon.address, servertest.Patience) })
	if err != nil {
		s.t.Fatal(err)
	}
	return conn
}

// dial opens a WebSocket. Its path gets a number, by which the log knows it.
func (s *stage) dial(script string) *client {
	s.t.Helper()
	c := s.connect()
	s.dialed++
	c.path = fmt.Sprintf("%s/%06d", script, s.dialed)
	c.Upgrade(c.path)
	return c
}

// session is what the log says of a client's session at its beginning.
func (s *stage) session(c *client) servertest.Record {
	s.t.Helper()
	return s.daemon.Log.Wait(s.t, "CONNECT", "path", c.path)
}

// over is what the log says of a client's session at its end.
func (s *stage) over(c *client) servertest.Record {
	s.t.Helper()
	return s.daemon.Log.Wait(s.t, "DISCONNECT", "session", s.session(c)["session"])
}

// backend is the process id of a client's backend.
func (s *stage) backend(c *client) int {
	s.t.Helper()
	pid, err := strconv.Atoi(s.session(c)["pid"])
	if err != nil {
		s.t.Fatal(err)
	}
	return pid
}

// endure provokes a fault n times, and as often before that so that wsd has grown
// to what it needs for it, and wants all back that it took. The bystander lives
// before, while and after. fault does it n times, at once or one by one, and calls
// during while the fault lasts.
//
// The memory of a process settles slowly, but a leak makes it grow by as much in
// each round: so one round without is proof enough.
func (s *stage) endure(n int, fault func(n int, during func())) {
	s.t.Helper()
	var before, after tally
	for round := range rounds {
		before = after
		fault(n, s.bystander.more)
		s.daemon.back(s.start)
		after = s.daemon.tally()
		if round > 0 && !after.leaks(before, n) {
			break
		}
	}
	s.t.Logf("%d times: %d to %d threads, %d to %d KiB", n, before.threads, after.threads, before.resident>>10, after.resident>>10)
	if after.leaks(before, n) {
		s.t.Errorf("wsd grows by each fault: from %v to %v after %d times", before, after, n)
	}
	s.bystander.more()
}

// leaks reports whether n times have cost as much as if each had left a thread or
// a buffer behind.
func (now tally) leaks(before tally, n int) bool {
	return n >= leaks && (now.threads-before.threads > n/2 || now.resident-before.resident > n*buffer())
}

// buffer is half of what the smallest buffer of a session costs: 64 KiB, and the
// race detector keeps twice as much about it.
func buffer() int {
	if servertest.Race {
		return 96 << 10
	}
	return 32 << 10
}

const (
	// leaks is from how many times on a leak stands out.
	leaks = 50
	// rounds is how often a fault is repeated until nothing grows.
	rounds = 6
)

// leave ends the bystander's session.
func (s *stage) leave() {
	s.t.Helper()
	s.bystander.leave()
	s.over(s.bystander.client)
}

// finish ends the bystander's session, and then wsd, in which nothing is left.
func (s *stage) finish() {
	s.t.Helper()
	s.leave()
	s.daemon.back(tally{descriptors: s.empty})
	s.daemon.wantIdle()
}
