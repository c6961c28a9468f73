//go:build unix

package main_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/coder/websocket"
)

// TestBadLines sends lines that can't be right. Each is answered, and the
// connection goes on.
func TestBadLines(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	long := strings.Repeat("x", 70_000)
	paths := map[string][]struct{ text, code string }{
		"/agents": {
			{`hello`, "bad-request"},
			{`[]`, "bad-request"},
			{`null`, "bad-request"},
			{`{}`, "bad-request"},
			{`{"type":"list"`, "bad-request"},
			{`{"type":"list"} {}`, "bad-request"},
			{`{"type":"list","else":1}`, "bad-request"},
			{`{"type":"register"}`, "bad-request"},
			{`{"type":"register","name":7}`, "bad-request"},
			{`{"type":"register","name":" pi"}`, "bad-request"},
			{`{"type":"register","name":"a\u0000b"}`, "bad-request"},
			{`{"type":"register","name":"a\u202eb"}`, "bad-request"},
			{`{"type":"register","name":"` + strings.Repeat("x", 33) + `"}`, "bad-request"},
			{`{"type":"register","name":"pi","token":"` + strings.Repeat("x", 257) + `"}`, "bad-request"},
			{`{"type":"join","agent":"*"}`, "no-agent"},
			{`{"type":"join","agent":"../../>"}`, "no-agent"},
			{`{"type":"data","channel":"x"}`, "bad-request"},
			{`{"type":"data","channel":"x","data":1}`, "no-channel"},
			{`{"type":"data","channel":"*","data":1}`, "no-channel"},
			{`{"type":"leave"}`, "no-channel"},
			{`{"type":"data","data":"` + long + `"}`, "too-long"},
		},
		"/room": {
			{`{"type":"pointer","at":[1,1]}`, "bad-request"},
			{`{"type":"enter","name":"Ada","color":"red"}`, "bad-request"},
			{`{"type":"enter","name":"Ada","color":"#00000g"}`, "bad-request"},
			{`{"type":"enter","name":"","color":"#000000"}`, "bad-request"},
			{`{"type":"enter","name":"` + long + `"}`, "too-long"},
		},
	}
	for path, lines := range paths {
		c := dial(t, s.a.url+path)
		for _, line := range lines {
			c.sendText(line.text)
			c.awaitError(line.code)
		}
		c.leave()
	}
}

// TestRefused has connections that can't be served at all.
func TestRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, room := range []string{"A", "a.b", "*", strings.Repeat("a", 33), "a b"} {
		c := dial(t, s.a.url+"/room?room="+url.QueryEscape(room))
		c.awaitError("bad-request")
		c.awaitClose(websocket.StatusInternalError)
	}
	c := dial(t, s.a.url+"/room?room=%zz")
	c.awaitError("bad-request")
	c.awaitClose(websocket.StatusInternalError)
}

// TestOtherOrigin has a page of another site, in the browser of someone whose
// address is that of an agent.
func TestOtherOrigin(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	header := http.Header{"Origin": {"https://elsewhere.example"}}
	conn, response, err := websocket.Dial(t.Context(), s.a.url+"/agents", &websocket.DialOptions{HTTPHeader: header})
	if err == nil {
		conn.CloseNow()
		t.Fatal("it was let in")
	}
	if response == nil || response.StatusCode != http.StatusForbidden {
		t.Errorf("got %v, want 403: %v", response, err)
	}
}

// TestBrokerGone ends the broker, starts it again, and starts without one.
func TestBrokerGone(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: it waits until the backends give up")
	}
	t.Parallel()
	s := newStage(t)
	agent := newAgent(t, s.a, object{"name": "pi"})
	page := newPage(t, s.b, "pi")
	visitor := enter(t, s.b, "", "Ada")
	s.broker.end(syscall.SIGKILL)
	for _, c := range []*client{agent, page, visitor} {
		c.awaitError("broker")
		c.awaitClose(websocket.StatusInternalError)
	}
	late := dial(t, s.a.url+"/agents")
	late.awaitError("broker")
	late.awaitClose(websocket.StatusInternalError)

	_, port, _ := strings.Cut(s.nats, "127.0.0.1:")
	startBroker(t, port)
	newAgent(t, s.a, object{"name": "pi"})
	newPage(t, s.b, "pi")
}

// TestBrokerHangs has a broker that keeps its connections and answers nothing.
func TestBrokerHangs(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: it waits until the backends give up")
	}
	t.Parallel()
	s := newStage(t)
	clients := []*client{
		newAgent(t, s.a, object{"name": "pi"}), newPage(t, s.b, "pi"), enter(t, s.a, "", "Ada"),
	}
	if err := s.broker.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for _, c := range clients {
		c.awaitError("broker")
		c.awaitClose(websocket.StatusInternalError)
	}
}

// TestBrokerIsLate has a client that comes before the broker does.
func TestBrokerIsLate(t *testing.T) {
	t.Parallel()
	broker, nats := startBroker(t, freePort(t))
	broker.end(syscall.SIGKILL)
	w := startWSD(t, nats)
	page := dial(t, w.url+"/agents")
	page.send(object{"type": "list"})
	_, port, _ := strings.Cut(nats, "127.0.0.1:")
	startBroker(t, port)
	page.awaitAgents()
}

// TestNoJetStream has a broker that keeps nothing.
func TestNoJetStream(t *testing.T) {
	t.Parallel()
	nats := start(t, exec.Command(lookTool(t, "nats-server"), "-a", "127.0.0.1", "-p", freePort(t)))
	w := startWSD(t, "nats://"+nats.await(`(127\.0\.0\.1:\d+)`))
	for _, path := range []string{"/agents", "/room"} {
		c := dial(t, w.url+path)
		c.awaitError("broker")
		c.awaitClose(websocket.StatusInternalError)
		w.await("start nats-server with JetStream")
	}
}

// TestSlowAgent has an agent that does not read, and a page that sends more than
// it could. Only their channel ends: the agent, and its talk with another page,
// go on.
func TestSlowAgent(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: it fills all buffers")
	}
	t.Parallel()
	s := newStage(t)
	agent := newAgent(t, s.a, object{"name": "pi"})
	flooding, quiet := newPage(t, s.b, "pi"), newPage(t, s.b, "pi")
	flooded, kept := join(t, flooding, agent, "pi"), join(t, quiet, agent, "pi")

	ended := make(chan object, 1)
	// Ends with the channel; ended says so.
	go func() { ended <- flooding.await("left") }()
	data := strings.Repeat("x", 60_000)
	for sent := 0; ; sent++ {
		select {
		case left := <-ended:
			if left["channel"] != flooded || left["reason"] != "slow" {
				t.Errorf("got %v, want the end of %s for the reason slow", left, flooded)
			}
			t.Logf("ended after %d lines", sent)
		default:
			flooding.send(object{"type": "data", "channel": flooded, "data": fmt.Sprint(sent, data)})
			continue
		}
		break
	}
	agent.awaitLeft(flooded, "slow")
	say(t, agent, quiet, kept, "I was busy")
	say(t, quiet, agent, kept, "I see")
}
