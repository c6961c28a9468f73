package agents

import (
	"crypto/rand"
	"encoding/json"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"wsd/examples/relay/broker"
)

// maxChannels bounds the channels of one client.
const maxChannels = 64

// channel is one end of a channel. Its other end is in another session, most
// often in another process, perhaps below another wsd.
type channel struct {
	id    string // nobody else can know it
	peer  string // the id of the session with the other end
	agent string // the agent's name, at the end that has asked for it
	open  bool   // both ends agree
	heard time.Time
}

// note is a message from one session to another, about a channel. It goes to
// the peer's inbox, and names our own as the address for an answer, so that the
// broker itself answers at once if no process listens there any more.
type note struct {
	Kind    kind            `json:"kind"`
	Channel string          `json:"channel,omitempty"` // in ask
	Token   string          `json:"token,omitempty"`   // in ask, hashed
	Session string          `json:"session,omitempty"` // in ask: who asks
	Network string          `json:"network,omitempty"` // in ask
	Data    json.RawMessage `json:"data,omitempty"`
	Reason  string          `json:"reason,omitempty"` // in leave and refuse
}

type kind string

const (
	ask    kind = "ask"    // may I have a channel? To the subject "join" of an inbox
	accept kind = "accept" // yes
	refuse kind = "refuse" // no
	data   kind = "data"   // what the client has said
	alive  kind = "alive"  // I am still here
	leave  kind = "leave"  // the channel has ended
)

// ask begins a channel to an agent. The answer comes as a note.
func (s *session) ask(agent entry, now time.Time) {
	c := &channel{id: rand.Text(), peer: agent.Session, agent: agent.Name, heard: now}
	s.channels[c.id] = c
	s.publish(inbox(c.peer, "join"), c.id, note{
		Kind: ask, Channel: c.id, Token: agent.Token, Session: s.id, Network: s.network,
	})
}

// send sends a note to the other end of a channel.
func (s *session) send(c *channel, n note) { s.publish(inbox(c.peer, c.id), c.id, n) }

// publish sends a note. It fails only if the connection has ended, which the
// session learns anyway.
func (s *session) publish(subject, channel string, n note) {
	text, err := json.Marshal(n)
	if err != nil {
		panic(err) // RawMessage is checked when it is decoded
	}
	reply := inbox(s.id, channel)
	if n.Kind == leave || n.Kind == refuse {
		reply = "" // nobody is left to hear the answer
	}
	_ = s.broker.PublishMsg(&nats.Msg{Subject: subject, Reply: reply, Data: text})
}

// receive takes what has come to the inbox.
func (s *session) receive(m *nats.Msg) error {
	about := m.Subject[strings.LastIndexByte(m.Subject, '.')+1:]
	switch about {
	case "probe":
		_ = m.Respond(nil)
		return nil
	case "replaced":
		if s.lease != nil {
			return errReplaced
		}
		return nil
	}
	c, known := s.channels[about]
	if m.Header.Get("Status") == "503" { // the broker: nobody listens there
		if known {
			return s.drop(c, "lost", false)
		}
		return nil
	}
	var n note
	if json.Unmarshal(m.Data, &n) != nil {
		return nil // not from a session
	}
	switch {
	case about == "join" && n.Kind == ask:
		return s.admit(n, time.Now())
	case known:
		return s.hear(c, n, time.Now())
	case m.Reply != "":
		// A channel that has ended here: the other end does not know yet.
		_ = m.Respond(leaveText)
	}
	return nil
}

var leaveText = []byte(`{"kind":"leave","reason":"lost"}`)

// admit answers a session that asks this agent for a channel.
func (s *session) admit(n note, now time.Time) error {
	c := &channel{id: n.Channel, peer: n.Session, open: true, heard: now}
	refusal := ""
	switch {
	case n.Channel == "" || s.channels[n.Channel] != nil:
		return nil
	case s.lease == nil || n.Network != s.network:
		refusal = "no-agent"
	case !s.lease.entry.admits(n.Token):
		refusal = "token"
	case len(s.channels) >= maxChannels:
		refusal = "busy"
	}
	if refusal != "" {
		s.send(c, note{Kind: refuse, Reason: refusal})
		return nil
	}
	s.channels[c.id] = c
	s.send(c, note{Kind: accept})
	return s.out.Tell(channelLine{Type: "joined", Channel: c.id})
}

// hear takes a note of a channel's other end.
func (s *session) hear(c *channel, n note, now time.Time) error {
	c.heard = now
	switch n.Kind {
	case accept:
		c.open = true
		return s.out.Tell(channelLine{Type: "joined", Channel: c.id, Agent: c.agent})
	case refuse, leave:
		return s.drop(c, n.Reason, false)
	case data:
		ok, err := s.out.Offer(channelLine{Type: "data", Channel: c.id, Data: n.Data})
		if err != nil || ok {
			return err
		}
		// The client does not keep up with this channel; the others stay.
		return s.drop(c, "slow", true)
	}
	return nil
}

// channelLine is a line to the client about one of its channels.
type channelLine struct {
	Type    string          `json:"type"`
	Channel string          `json:"channel"`
	Agent   string          `json:"agent,omitempty"`
	Data    json.RawMessage `json:"data,omitempty"`
	Reason  string          `json:"reason,omitempty"`
}

// drop ends a channel here, and tells the client and, on demand, the other end.
func (s *session) drop(c *channel, reason string, tellPeer bool) error {
	delete(s.channels, c.id)
	if tellPeer {
		s.send(c, note{Kind: leave, Reason: reason})
	}
	if c.open {
		return s.out.Tell(channelLine{Type: "left", Channel: c.id, Reason: reason})
	}
	return s.out.Tell(refused(reason, c.agent).Line())
}

// checkChannels sends a sign of life in each channel, and ends those whose other
// end sends none.
func (s *session) checkChannels(now time.Time) error {
	for _, c := range s.channels {
		if now.Sub(c.heard) > broker.Lost {
			if err := s.drop(c, "lost", true); err != nil {
				return err
			}
			continue
		}
		s.send(c, note{Kind: alive})
	}
	return nil
}
