//go:build unix

package main_test

import (
	"net/http"
	"reflect"
	"syscall"
	"testing"
)

// scaleout is a stage with a proxy before its two wsd.
type scaleout struct {
	*stage
	url   string // of the proxy: wss://127.0.0.1:PORT
	chain string // its certificate, a PEM file
}

func newScaleout(t *testing.T, p proxy) *scaleout {
	t.Helper()
	s := &scaleout{stage: newStage(t, "--healthpath=/healthz", "--trustproxy=127.0.0.1")}
	address, chain := p.start(t, s.a, s.b)
	s.url, s.chain = "wss://"+address, chain
	return s
}

// A home is where clients of the proxy come from, and what they say of that
// themselves.
type home struct {
	proxy, address string
	header         http.Header
}

func (h home) dial(t *testing.T, path string) *client {
	t.Helper()
	return dialFrom(t, h.proxy+path, h.address, h.header)
}

// await connects new clients until a wsd, which the proxy has taken for dead, has
// one: it has the fewest. Each leaves, but for that one.
func (s *scaleout) await(t *testing.T, w *wsd) {
	t.Helper()
	for {
		c := home{proxy: s.url, address: "127.0.0.1"}.dial(t, "/agents")
		c.send(object{"type": "list"})
		c.await("agents")
		if len(w.children()) > 0 {
			return
		}
		c.leave()
	}
}

// shutDown tells a wsd to end, and waits for that when meanwhile has returned.
func shutDown(t *testing.T, w *wsd, meanwhile func()) {
	t.Helper()
	if err := w.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	meanwhile()
	if status := w.wait(); status != 0 {
		t.Errorf("wsd: exit status %d, want 0", status)
	}
}

// goneAway checks that the session has ended with 1001, or waits for that.
func (c *client) goneAway() {
	c.t.Helper()
	for !c.gone {
		c.next()
	}
}

// TestScaleOut has both uses behind each proxy. One wsd is shut down while its
// clients talk: they see a 1001 and nothing else, and go on by the other.
func TestScaleOut(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: it waits for proxies and shutdowns")
	}
	t.Parallel()
	for _, p := range proxies {
		t.Run(p.program+"/agents", func(t *testing.T) {
			t.Parallel()
			testAgentsScaleOut(t, newScaleout(t, p))
		})
		t.Run(p.program+"/room", func(t *testing.T) {
			t.Parallel()
			testRoomScaleOut(t, newScaleout(t, p))
		})
	}
}

func testAgentsScaleOut(t *testing.T, s *scaleout) {
	if !canUse("127.0.0.2") {
		missing(t, "the address 127.0.0.2")
	}
	here := home{proxy: s.url, address: "127.0.0.2"}
	// What a client says of its own address is not believed.
	next := home{s.url, "127.0.0.3", http.Header{"X-Forwarded-For": {"127.0.0.2"}, "Forwarded": {"for=127.0.0.2"}}}

	agent := newAgent(t, here, object{"name": "pi"})
	leaving, staying := s.a, s.b
	if len(s.b.children()) == 1 {
		leaving, staying = s.b, s.a
	}
	page := newPage(t, here, "pi")
	if a, b := len(s.a.children()), len(s.b.children()); a != 1 || b != 1 {
		t.Fatalf("the wsd have %d and %d clients, want one each", a, b)
	}
	neighbours := []*client{newPage(t, next), newAgent(t, next, object{"name": "pi, too"}), newPage(t, next, "pi, too"), newPage(t, here, "pi")}
	for _, c := range neighbours {
		c.leave()
	}

	channel := join(t, page, agent, "pi")
	left := false
	shutDown(t, leaving, func() {
		left = talkUntilGone(t, page, agent, channel)
		agent.goneAway()
	})
	page.hearOut(channel, left)
	agent = newAgent(t, here, object{"name": "pi"})
	channel = rejoin(t, page, agent)

	fresh := s.restart(t, leaving)
	s.await(t, fresh)
	shutDown(t, staying, func() {
		talkUntilGone(t, page, agent, channel)
		page.goneAway() // both were there
		agent.goneAway()
	})
	agent = newAgent(t, here, object{"name": "pi"})
	page = newPage(t, here, "pi")
	rejoin(t, page, agent)
}

// talkUntilGone has a page and an agent talk until one of them hears that its wsd
// shuts down, or the page that the agent has left, which it may hear first.
func talkUntilGone(t *testing.T, page, agent *client, channel string) (left bool) {
	t.Helper()
	for n := 0.0; ; n++ {
		for _, way := range []struct{ from, to *client }{{page, agent}, {agent, page}} {
			way.from.send(object{"type": "data", "channel": channel, "data": n})
			got := way.to.next()
			for got != nil && got["type"] == "agents" {
				got = way.to.next()
			}
			if got == nil {
				return false
			}
			if reflect.DeepEqual(got, object{"type": "left", "channel": channel, "reason": "left"}) {
				return true
			}
			if want := (object{"type": "data", "channel": channel, "data": n}); !reflect.DeepEqual(got, want) {
				t.Fatalf("got %v, want %v", got, want)
			}
		}
	}
}

// hearOut reads what a page is told of a channel that has ended while it talked:
// that the other end has left, unless it has heard that already, and that what it
// said since was said to nobody.
func (c *client) hearOut(channel string, left bool) {
	c.t.Helper()
	c.send(object{"type": "end of all answers"})
	for ended := false; !ended || !left; {
		got := c.receive()
		switch {
		case got["type"] == "left" && got["channel"] == channel && got["reason"] == "left":
			left = true
		case got["code"] == "bad-request":
			ended = true
		case got["type"] != "agents" && got["code"] != "no-channel":
			c.t.Fatalf("got %v, want the end of %s", got, channel)
		}
	}
}

// rejoin has a page join an agent that has come back, and both talk.
func rejoin(t *testing.T, page, agent *client) (channel string) {
	t.Helper()
	page.send(object{"type": "list"}) // the agent may be there again already
	page.awaitAgents("pi")
	channel = join(t, page, agent, "pi")
	say(t, page, agent, channel, "are you back?")
	say(t, agent, page, channel, "I am")
	return channel
}

func testRoomScaleOut(t *testing.T, s *scaleout) {
	door := home{proxy: s.url, address: "127.0.0.1"}
	ada := enter(t, door, "", "Ada")
	leaving := s.a
	if len(s.b.children()) == 1 {
		leaving = s.b
	}
	bob := enter(t, door, "", "Bob")
	if a, b := len(s.a.children()), len(s.b.children()); a != 1 || b != 1 {
		t.Fatalf("the wsd have %d and %d clients, want one each", a, b)
	}
	adaID := bob.awaitVisitor("Ada")
	strokes := 0
	shutDown(t, leaving, func() {
		for ; !ada.gone; strokes++ {
			bob.send(stroke(strokes))
			bob.await("stroke")
			for got := ada.next(); got != nil && got["type"] != "stroke"; {
				got = ada.next()
			}
		}
	})
	ada, picture := enterAndLook(t, door, "", "Ada")
	if len(picture) != strokes {
		t.Errorf("the picture has %d strokes, want %d", len(picture), strokes)
	}
	t.Logf("%d strokes", strokes)
	if again := bob.awaitVisitor("Ada"); again == adaID {
		t.Errorf("the visitor %s has not left", adaID)
	}
	ada.send(stroke(1))
	bob.await("stroke")
	bob.send(object{"type": "pointer", "at": []float64{10, 20}})
	ada.awaitPointer(ada.awaitVisitor("Bob"), []any{10.0, 20.0})
}
