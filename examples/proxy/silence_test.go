//go:build e2e && unix

package proxy_test

import (
	"testing"
	"time"

	"github.com/coder/websocket"
)

const (
	// shortIdle is the proxies' idle timeout in these tests, in seconds.
	shortIdle = "1"
	// shortPing is --pingms in these tests: as a part of shortIdle it is larger
	// than the defaults' half.
	shortPing = 250 * time.Millisecond
	// silences is the number of idle timeouts that a quiet session must survive.
	silences = 3
)

// TestSilence has sessions on which nobody says anything, through a proxy that
// cuts silent ones: with pings they stay, without they are cut.
func TestSilence(t *testing.T) {
	wsd := buildWSD(t)
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel() // the time goes by in waiting
			testSilence(t, wsd, k)
		})
	}
}

func testSilence(t *testing.T, wsd string, k kind) {
	program := lookTool(t, k.program)
	pinged, unpinged := newStage(t), newStage(t)
	for s, ping := range map[*stage]time.Duration{pinged: shortPing, unpinged: 0} {
		k.start(t, s, program, s.startUpstreams(t, wsd, k.group, ping), shortIdle)
	}
	var quiet []*listener
	for _, d := range pinged.doors() {
		for _, prefix := range prefixes {
			quiet = append(quiet, listen(d.dial(t, prefix+"echo")))
		}
	}
	if k.cuts {
		// The proxy's own timeout is the clock.
		for range silences {
			waitCut(t, unpinged)
		}
	}
	for _, l := range quiet {
		l.waitPings(silences * int64(time.Second/shortPing))
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
	var visitors []*visitor
	for _, d := range s.doors() {
		for _, prefix := range prefixes {
			visitors = append(visitors, d.dial(t, prefix+"echo"))
		}
	}
	for _, v := range visitors {
		_, err := v.ended()
		if code := websocket.CloseStatus(err); code != -1 || v.ctx.Err() != nil {
			t.Errorf("without pings the session ended with %v, want a cut", err)
		}
	}
}

// testNeverCut has sessions without pings, which are still there after as many
// of another's pings as take silences seconds.
func testNeverCut(t *testing.T, s *stage, clock *listener) {
	var visitors []*visitor
	for _, d := range s.doors() {
		for _, prefix := range prefixes {
			visitors = append(visitors, d.dial(t, prefix+"echo"))
		}
	}
	clock.waitPings(clock.visitor.pings.Load() + silences*int64(time.Second/shortPing))
	for _, v := range visitors {
		v.echo("still there")
		if n := v.pings.Load(); n != 0 {
			t.Errorf("%d pings were sent in spite of --pingms=0", n)
		}
	}
}

// A listener is a visitor that reads all the time, as a browser does, and so
// answers pings.
type listener struct {
	visitor  *visitor
	messages chan string
	lost     error         // read after ended is closed
	ended    chan struct{} // closed when nothing more is read
}

// listen starts to read. It is awaited when the test ends, by the session's end.
func listen(v *visitor) *listener {
	l := &listener{visitor: v, messages: make(chan string, 1), ended: make(chan struct{})}
	// Ends with the session.
	go func() {
		defer close(l.ended)
		for {
			_, message, err := v.conn.Read(v.ctx)
			if err != nil {
				l.lost = err
				return
			}
			l.messages <- string(message)
		}
	}()
	v.t.Cleanup(func() {
		_ = v.conn.CloseNow()
		<-l.ended
	})
	return l
}

// waitPings returns when n pings have been received.
func (l *listener) waitPings(n int64) {
	l.visitor.t.Helper()
	for l.visitor.pings.Load() < n {
		select {
		case <-l.visitor.pinged:
		case <-l.ended:
			l.visitor.t.Fatalf("a quiet session was lost after %d pings: %v", l.visitor.pings.Load(), l.lost)
		}
	}
}

// stillThere says something for once.
func (l *listener) stillThere() {
	l.visitor.t.Helper()
	l.visitor.send("still there")
	select {
	case <-l.messages:
	case <-l.ended:
		l.visitor.t.Errorf("a quiet session was lost: %v", l.lost)
	}
}
