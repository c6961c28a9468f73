//go:build e2e && unix

package proxy_test

import (
	"errors"
	"os"
	"testing"
	"time"
	"wsd/server/servertest"
)

const (
	// shortIdle is the proxies' idle timeout in these tests, in seconds. On a busy
	// machine, a ping may well be two seconds late.
	shortIdle = "4"
	// shortPing is --pingms in these tests.
	shortPing = time.Second
	// silences is the number of idle timeouts that a quiet session must survive,
	// and pings how many come meanwhile.
	silences = 2
	pings    = silences * 4
)

// TestSilence has sessions on which nobody says anything, through a proxy that
// cuts silent ones: with pings they stay, without they are cut.
func TestSilence(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel() // the time goes by in waiting
			testSilence(t, k)
		})
	}
}

func testSilence(t *testing.T, k kind) {
	program := servertest.Tool(t, k.program)
	pinged, unpinged := newStage(t), newStage(t)
	for s, ping := range map[*stage]time.Duration{pinged: shortPing, unpinged: 0} {
		k.start(t, s, program, s.startUpstreams(t, k.group, ping), shortIdle)
	}
	var quiet []*listener
	for _, d := range pinged.doors() {
		for _, prefix := range prefixes {
			quiet = append(quiet, listen(t, d.dial(t, prefix+"echo")))
		}
	}
	if k.cuts {
		// The proxy's own timeout is the clock.
		for range silences {
			waitCut(t, unpinged)
		}
	}
	for _, l := range quiet {
		for range pings {
			l.waitPing()
		}
		l.stillThere()
	}
	if !k.cuts {
		testNeverCut(t, unpinged, quiet[0])
	}
}

// waitCut opens a session at each door and prefix, says nothing, and waits until
// the proxy has cut them all.
func waitCut(t *testing.T, s *stage) {
	t.Helper()
	var visitors []*servertest.Client
	for _, d := range s.doors() {
		for _, prefix := range prefixes {
			visitors = append(visitors, d.dial(t, prefix+"echo"))
		}
	}
	for _, v := range visitors {
		if _, err := v.ReadAll(); errors.As(err, new(servertest.CloseError)) || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("without pings the session ended with %v, want a cut", err)
		}
	}
}

// testNeverCut has sessions without pings, which are still there after as many
// of another's pings as come during silences.
func testNeverCut(t *testing.T, s *stage, clock *listener) {
	var visitors []*servertest.Client
	for _, d := range s.doors() {
		for _, prefix := range prefixes {
			visitors = append(visitors, d.dial(t, prefix+"echo"))
		}
	}
	for len(clock.pinged) > 0 { // of before
		clock.waitPing()
	}
	for range pings {
		clock.waitPing()
	}
	for _, v := range visitors {
		v.WantEcho("still there")
		if v.Pings != 0 {
			t.Errorf("%d pings were sent in spite of --pingms=0", v.Pings)
		}
	}
}

// A listener is a visitor that reads all the time, as a browser does, and so
// answers pings.
type listener struct {
	t        *testing.T
	visitor  *servertest.Client
	pinged   chan struct{} // an item for each ping, as long as somebody waits for that
	messages chan string
	lost     error         // read after ended is closed
	ended    chan struct{} // closed when nothing more is read
}

// listen starts to read. It is awaited when the test ends, by the session's end.
func listen(t *testing.T, v *servertest.Client) *listener {
	l := &listener{t: t, visitor: v, pinged: make(chan struct{}, 100), messages: make(chan string, 1), ended: make(chan struct{})}
	// Ends with the session.
	go func() {
		defer close(l.ended)
		for {
			f, err := v.ReadFrame()
			switch {
			case err != nil:
				l.lost = err
				return
			case f.Opcode == servertest.Ping:
				_ = v.TryWrite(servertest.Frame(servertest.Fin|servertest.Pong, string(f.Payload)))
				select {
				case l.pinged <- struct{}{}:
				default:
				}
			default:
				l.messages <- string(f.Payload)
			}
		}
	}()
	t.Cleanup(func() {
		_ = v.Conn.Close()
		<-l.ended
	})
	return l
}

// waitPing returns when a ping has been received.
func (l *listener) waitPing() {
	l.t.Helper()
	select {
	case <-l.pinged:
	case <-l.ended:
		l.t.Fatalf("a quiet session was lost: %v", l.lost)
	}
}

// stillThere says something for once.
func (l *listener) stillThere() {
	l.t.Helper()
	l.visitor.Send("still there")
	select {
	case <-l.messages:
	case <-l.ended:
		l.t.Errorf("a quiet session was lost: %v", l.lost)
	}
}
