package agents

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"wsd/examples/relay/broker"
	"wsd/examples/relay/line"
)

// maxToken bounds an agent's token, in bytes.
const maxToken = 256

// request is a line of the client, of any type.
type request struct {
	Type    string          `json:"type"`
	Name    string          `json:"name"`
	Agent   string          `json:"agent"`
	Token   string          `json:"token"`
	Channel string          `json:"channel"`
	Data    json.RawMessage `json:"data"`
}

// answer does what a line asks for. The error is a *line.Error if the client has
// made a mistake.
func (s *session) answer(ctx context.Context, next line.Line) error {
	var r request
	if err := next.Decode(&r); err != nil {
		return err
	}
	if len(r.Token) > maxToken {
		return line.BadRequest("the token is longer than 256 bytes")
	}
	switch r.Type {
	case "register":
		return s.register(ctx, r)
	case "list":
		return s.list(ctx)
	case "join":
		return s.join(ctx, r)
	case "data":
		return s.forward(r)
	case "leave":
		return s.leave(r)
	}
	return line.BadRequest("the type must be register, list, join, data or leave")
}

// register gives the client a name.
func (s *session) register(ctx context.Context, r request) error {
	if err := line.CheckName(r.Name); err != nil {
		return err
	}
	if s.lease != nil {
		return &line.Error{Code: "registered", Message: "this connection already has a name"}
	}
	lease, err := s.registry.claim(ctx, key(s.network, r.Name), entry{r.Name, s.id, hash(r.Token)})
	if err != nil {
		return err
	}
	s.lease = lease
	return s.out.Tell(struct {
		Type string `json:"type"`
		Name string `json:"name"`
	}{"registered", r.Name})
}

// list shows the agents, now and after each change. A second request shows them again.
func (s *session) list(ctx context.Context) error {
	if s.directory == nil {
		var err error
		if s.directory, err = openDirectory(ctx, s.registry, s.network); err != nil {
			return err
		}
	}
	s.directory.changed = true
	return s.showDirectory()
}

// join asks an agent of the client's own network for a channel.
func (s *session) join(ctx context.Context, r request) error {
	if err := line.CheckName(r.Agent); err != nil {
		return err
	}
	if len(s.channels) >= maxChannels {
		return &line.Error{Code: "too-many", Message: "this connection has too many channels"}
	}
	ctx, cancel := context.WithTimeout(ctx, broker.Answer)
	defer cancel()
	kept, err := s.registry.bucket.Get(ctx, key(s.network, r.Agent))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return refused("no-agent", r.Agent)
	}
	if err != nil {
		return fmt.Errorf("looking up the agent: %w", err)
	}
	agent, ok := decodeEntry(kept.Value())
	switch {
	case !ok:
		return refused("no-agent", r.Agent)
	case agent.Session == s.id:
		return line.BadRequest("an agent can't join itself")
	case !agent.admits(hash(r.Token)):
		return refused("token", r.Agent)
	}
	s.ask(agent, time.Now())
	return nil
}

// forward passes data on to the other end of a channel.
func (s *session) forward(r request) error {
	c, ok := s.channels[r.Channel]
	switch {
	case len(bytes.TrimSpace(r.Data)) == 0:
		return line.BadRequest("there is no data")
	case !ok || !c.open:
		return errNoChannel
	}
	s.send(c, note{Kind: data, Data: r.Data})
	return nil
}

// leave ends a channel from this side.
func (s *session) leave(r request) error {
	c, ok := s.channels[r.Channel]
	if !ok || !c.open {
		return errNoChannel
	}
	return s.drop(c, "left", true)
}

var errNoChannel = &line.Error{Code: "no-channel", Message: "there is no such channel, or it has ended"}

// refused tells a client why it can't join an agent.
func refused(code, agent string) *line.Error {
	message := "there is no agent with this name at your address"
	switch code {
	case "token":
		message = "this agent asks for another token"
	case "busy":
		message = "this agent has too many channels"
	default:
		code = "no-agent"
	}
	return &line.Error{Code: code, Message: message, Agent: agent}
}
