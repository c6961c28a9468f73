//go:build e2e && unix

package proxy_test

import (
	"strings"
	"testing"
	"wsd/server/servertest"
)

// perPhase is the number of acknowledged messages between two changes.
const perPhase = 2000

// ledger is a backend that writes each message down and then acknowledges it
// with its own name. Its arguments are the file and the name.
const ledger = `while IFS= read -r line; do
	printf '%s\n' "$line" >>"$1" && printf '%s %s\n' "$2" "$line"
done`

// A scaleout is two wsd behind a proxy, each with the name of its server there.
type scaleout struct {
	t         *testing.T
	stage     *stage
	ledger    string            // the backend
	book      string            // the file that the backends write to
	addresses map[string]string // by name
	daemons   map[string]*servertest.Process
}

// TestScaleOut shuts down each of two wsd under load, one after the other. The
// clients come back on the one that is left, and see nothing but a 1001.
func TestScaleOut(t *testing.T) {
	t.Run("haproxy", func(t *testing.T) {
		program := servertest.Tool(t, "haproxy")
		testScaleOut(t, func(t *testing.T, s *scaleout) {
			s.stage.startHAProxyWith(t, program, "haproxy-scaleout.cfg", s.pairs()...)
		})
	})
	t.Run("nginx", func(t *testing.T) {
		program := servertest.Tool(t, "nginx")
		testScaleOut(t, func(t *testing.T, s *scaleout) {
			s.stage.startNginxWith(t, program, "nginx-scaleout.conf", s.pairs()...)
		})
	})
}

func testScaleOut(t *testing.T, startProxy func(*testing.T, *scaleout)) {
	s := newScaleout(t)
	s.start("a")
	s.start("b")
	startProxy(t, s)
	c := s.gather()
	c.waitAcks("a", 1)
	c.waitAcks("b", 1)
	for _, leaving := range []string{"a", "b"} {
		staying := map[string]string{"a": "b", "b": "a"}[leaving]
		c.waitMore(perPhase)
		s.shutDown(leaving)
		c.waitMore(perPhase)
		s.start(leaving)
		c.waitAcks(leaving, c.acks(leaving)+1) // clients come to it again
		c.waitAcks(staying, c.acks(staying)+1)
	}
	c.disperse()
	s.checkBook(c)
	t.Logf("%d messages acknowledged in %d sessions, %d of them ended with 1001",
		c.total(), c.sessions.Load(), c.goneAway.Load())
	if n := c.goneAway.Load(); n < crowdSize/4 {
		t.Errorf("only %d sessions were open when their wsd was shut down", n)
	}
}

func newScaleout(t *testing.T) *scaleout {
	t.Helper()
	stage := newStage(t)
	ports := freePorts(t, 2)
	s := &scaleout{
		t: t, stage: stage,
		ledger:    servertest.WriteScript(t, stage.path("ledger"), ledger),
		book:      stage.path("book"),
		addresses: map[string]string{"a": ports[0], "b": ports[1]},
		daemons:   make(map[string]*servertest.Process),
	}
	return s
}

// start starts the wsd of a name.
func (s *scaleout) start(name string) {
	s.t.Helper()
	s.daemons[name] = servertest.Serve(s.t, "--address="+s.addresses[name],
		"--healthpath=/healthz", "--trustproxy=127.0.0.1", s.ledger, s.book, name)
}

// shutDown ends the wsd of a name and waits for that.
func (s *scaleout) shutDown(name string) {
	s.t.Helper()
	s.daemons[name].Shutdown()
}

func (s *scaleout) pairs() []string {
	return []string{"127.0.0.1:8082", s.addresses["a"], "127.0.0.1:8083", s.addresses["b"]}
}

// checkBook looks for each acknowledged message in the book.
func (s *scaleout) checkBook(c *crowd) {
	s.t.Helper()
	written := make(map[string]bool)
	for line := range strings.Lines(servertest.Read(s.t, s.book)) {
		written[strings.TrimSuffix(line, "\n")] = true
	}
	for message := range c.acknowledged {
		if !written[message] {
			s.t.Errorf("%q was acknowledged, and is lost", message)
		}
	}
}
