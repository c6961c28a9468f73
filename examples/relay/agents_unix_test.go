//go:build unix

package main_test

import (
	"reflect"
	"strings"
	"syscall"
	"testing"

	"github.com/coder/websocket"
)

// newAgent registers a name.
func newAgent(t *testing.T, at server, registration object) *client {
	t.Helper()
	agent := at.dial(t, "/agents")
	registration["type"] = "register"
	agent.send(registration)
	if line := agent.await("registered"); line["name"] != registration["name"] {
		t.Fatalf("registered: %v, want the name %v", line, registration["name"])
	}
	return agent
}

// newPage asks for the agents, and checks their names.
func newPage(t *testing.T, at server, names ...string) *client {
	t.Helper()
	page := at.dial(t, "/agents")
	page.send(object{"type": "list"})
	page.awaitAgents(names...)
	return page
}

// awaitAgents waits until the agents have these names, in order. A name with a
// star is an agent that asks for a token.
func (c *client) awaitAgents(names ...string) {
	c.t.Helper()
	for {
		got := []string{}
		for _, agent := range c.await("agents")["agents"].([]any) {
			name := agent.(object)["name"].(string)
			if agent.(object)["token"] == true {
				name += "*"
			}
			got = append(got, name)
		}
		if reflect.DeepEqual(got, append([]string{}, names...)) {
			return
		}
		c.t.Logf("the agents are %q, waiting for %q", got, names)
	}
}

// join joins a page to an agent, and returns the channel.
func join(t *testing.T, page, agent *client, name string) string {
	t.Helper()
	page.send(object{"type": "join", "agent": name})
	joined := page.await("joined")
	channel := joined["channel"].(string)
	if joined["agent"] != name {
		t.Errorf("joined %v, want agent %s", joined, name)
	}
	if got := agent.await("joined")["channel"]; got != channel {
		t.Errorf("the agent has the channel %v, the page %v", got, channel)
	}
	return channel
}

// say sends data from one to the other, and checks what arrives.
func say(t *testing.T, from, to *client, channel string, data any) {
	t.Helper()
	from.send(object{"type": "data", "channel": channel, "data": data})
	got := to.await("data")
	if got["channel"] != channel || !reflect.DeepEqual(got["data"], data) {
		t.Errorf("got %v, want %v in channel %s", got, data, channel)
	}
}

// awaitLeft waits for the end of a channel, and checks the reason.
func (c *client) awaitLeft(channel, reason string) {
	c.t.Helper()
	got := c.await("left")
	if got["channel"] != channel || got["reason"] != reason {
		c.t.Errorf("got %v, want the end of %s for the reason %s", got, channel, reason)
	}
}

// TestAgentsAndPages has an agent below one wsd, and pages below both.
func TestAgentsAndPages(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	page := newPage(t, s.b)
	agent := newAgent(t, s.a, object{"name": "Küche"})
	page.awaitAgents("Küche")
	other := newPage(t, s.a, "Küche")

	channel := join(t, page, agent, "Küche")
	otherChannel := join(t, other, agent, "Küche")
	say(t, page, agent, channel, "hello")
	say(t, other, agent, otherChannel, object{"nested": []any{1.5, nil, "<b>\u2028"}})
	say(t, agent, page, channel, object{"answer": strings.Repeat("x", 60_000)})
	say(t, agent, other, otherChannel, nil)

	page.send(object{"type": "leave", "channel": channel})
	page.awaitLeft(channel, "left")
	agent.awaitLeft(channel, "left")
	agent.send(object{"type": "data", "channel": channel, "data": 1})
	agent.awaitError("no-channel")
	say(t, agent, other, otherChannel, "you are still here")

	other.leave()
	agent.awaitLeft(otherChannel, "left")
	channel = join(t, page, agent, "Küche")
	agent.send(object{"type": "leave", "channel": channel})
	page.awaitLeft(channel, "left")
	agent.leave()
	page.awaitAgents()
	page.send(object{"type": "join", "agent": "Küche"})
	page.awaitError("no-agent")
}

// TestNames has several agents that want one name.
func TestNames(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	first := newAgent(t, s.a, object{"name": "pi"})
	second := dial(t, s.b.url+"/agents")
	second.send(object{"type": "register", "name": "pi"})
	second.awaitError("name-taken")
	second.send(object{"type": "register", "name": "pi", "token": "a guess"})
	second.awaitError("name-taken")
	second.send(object{"type": "register", "name": "pi 2"})
	second.await("registered")
	second.send(object{"type": "register", "name": "pi 3"})
	second.awaitError("registered")
	page := newPage(t, s.a, "pi", "pi 2")

	first.leave()
	page.awaitAgents("pi 2")
	third := newAgent(t, s.a, object{"name": "pi"})
	page.awaitAgents("pi", "pi 2")
	channel := join(t, page, third, "pi")
	say(t, page, third, channel, "the new one")
}

// TestTokens has an agent that asks for a token.
func TestTokens(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	agent := newAgent(t, s.a, object{"name": "pi", "token": "secret"})
	page := newPage(t, s.b, "pi*")
	for _, wrong := range []string{"", "Secret", "secret "} {
		page.send(object{"type": "join", "agent": "pi", "token": wrong})
		page.awaitError("token")
	}
	page.send(object{"type": "join", "agent": "pi", "token": "secret"})
	channel := page.await("joined")["channel"].(string)
	agent.await("joined")
	say(t, page, agent, channel, "hello")

	// The agent comes back before its old connection is known to be dead.
	again := newAgent(t, s.b, object{"name": "pi", "token": "secret"})
	agent.awaitError("replaced")
	agent.awaitClose(websocket.StatusInternalError)
	page.awaitLeft(channel, "left")
	page.send(object{"type": "join", "agent": "pi", "token": "secret"})
	channel = page.await("joined")["channel"].(string)
	again.await("joined")
	say(t, again, page, channel, "I am back")
}

// TestOtherAddress has an agent and a page that come from different addresses.
func TestOtherAddress(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	const elsewhere = "127.0.0.2"
	if !canUse(elsewhere) {
		missing(t, "the address "+elsewhere)
	}
	newAgent(t, s.a, object{"name": "pi"})
	stranger := dialFrom(t, s.a.url+"/agents", elsewhere, nil)
	stranger.send(object{"type": "list"})
	stranger.awaitAgents()
	stranger.send(object{"type": "join", "agent": "pi"})
	stranger.awaitError("no-agent")
	stranger.send(object{"type": "register", "name": "pi"})
	stranger.await("registered")
	stranger.awaitAgents("pi") // itself
	newPage(t, s.b, "pi")
}

// TestLosses ends one side of a channel in each way there is. The other side,
// below the other wsd, must be told.
func TestLosses(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: it waits for leases and pings")
	}
	t.Parallel()
	losses := []struct {
		name   string
		reason string
		lose   func(w *wsd, c *client)
	}{
		{"client leaves", "left", func(_ *wsd, c *client) { c.leave() }},
		{"connection breaks", "left", func(_ *wsd, c *client) { _ = c.conn.CloseNow() }},
		{"client answers no ping", "left", func(*wsd, *client) {}}, // since nobody reads it any more
		{"wsd is shut down", "left", func(w *wsd, c *client) {
			c.conn.CloseRead(c.ctx) // it answers the close frame
			w.stop()
		}},
		{"wsd is killed", "left", func(w *wsd, _ *client) { w.end(syscall.SIGKILL) }},
		{"backend is killed", "lost", func(w *wsd, _ *client) { w.signalBackend(syscall.SIGKILL) }},
		{"backend is interrupted", "left", func(w *wsd, _ *client) { w.signalBackend(syscall.SIGINT) }},
	}
	for _, loss := range losses {
		args := []string{}
		if loss.name == "client answers no ping" {
			args = append(args, "--pingms=2000")
		}
		t.Run("page/"+loss.name, func(t *testing.T) {
			t.Parallel()
			_, nats := startBroker(t, freePort(t))
			a, b := startWSD(t, nats), startWSD(t, nats, args...)
			agent := newAgent(t, a, object{"name": "pi"})
			page := newPage(t, b, "pi")
			channel := join(t, page, agent, "pi")
			loss.lose(b, page)
			agent.awaitLeft(channel, loss.reason)
		})
		t.Run("agent/"+loss.name, func(t *testing.T) {
			t.Parallel()
			_, nats := startBroker(t, freePort(t))
			a, b := startWSD(t, nats, args...), startWSD(t, nats)
			page := newPage(t, b)
			agent := newAgent(t, a, object{"name": "pi"})
			page.awaitAgents("pi")
			channel := join(t, page, agent, "pi")
			loss.lose(a, agent)
			page.awaitLeft(channel, loss.reason)
			// The name is free for all, also while the dead one's lease lasts.
			newAgent(t, b, object{"name": "pi"})
		})
	}
}

// TestLeaseRunsOut has an agent whose backend is gone without a word, and one
// whose backend is stopped: pages must not see them for long.
func TestLeaseRunsOut(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: it waits for leases")
	}
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGSTOP} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			page := newPage(t, s.b)
			agent := newAgent(t, s.a, object{"name": "pi"})
			page.awaitAgents("pi")
			channel := join(t, page, agent, "pi")
			s.a.signalBackend(signal)
			page.awaitLeft(channel, "lost")
			page.awaitAgents()
			if signal == syscall.SIGSTOP {
				// It goes on, and has its name again.
				s.a.signalBackend(syscall.SIGCONT)
				page.awaitAgents("pi")
				agent.awaitLeft(channel, "lost")
			}
		})
	}
}
