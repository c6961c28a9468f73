package agents

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"wsd/examples/relay/broker"
)

// maxListed bounds the agents that one client is shown.
const maxListed = 200

// directory is the agents of one network, as one client is shown them. It
// belongs to the session's goroutine. A nil directory is that of a client that
// has not asked.
type directory struct {
	watcher jetstream.KeyWatcher
	agents  map[string]listed // by their key in the registry
	changed bool              // since the client was last told
}

// listed is an agent with the time of its last sign of life here. The registry
// forgets an agent that gives none, but tells nobody.
type listed struct {
	entry
	heard time.Time
}

// openDirectory returns the agents of a network, complete.
func openDirectory(ctx context.Context, r *registry, network string) (*directory, error) {
	watcher, err := r.bucket.Watch(ctx, network+".*")
	if err != nil {
		return nil, fmt.Errorf("watching the registry: %w", err)
	}
	d := &directory{watcher: watcher, agents: map[string]listed{}, changed: true}
	timeout := time.After(broker.Answer)
	for {
		select {
		case kept, ok := <-watcher.Updates():
			if ok && kept == nil { // the end of those so far
				return d, nil
			}
			if err := d.follow(kept, ok, time.Now()); err != nil {
				return nil, err
			}
		case <-timeout:
			return nil, errors.New("watching the registry: no answer")
		}
	}
}

// updates is a channel that never yields for a nil directory.
func (d *directory) updates() <-chan jetstream.KeyValueEntry {
	if d == nil {
		return nil
	}
	return d.watcher.Updates()
}

// follow takes one change of the registry; ok is false if there will be no more.
func (d *directory) follow(kept jetstream.KeyValueEntry, ok bool, now time.Time) error {
	if !ok {
		return errors.New("watching the registry: it has ended")
	}
	if kept == nil {
		return nil
	}
	before, known := d.agents[kept.Key()]
	found, valid := decodeEntry(kept.Value())
	if kept.Operation() != jetstream.KeyValuePut || !valid {
		delete(d.agents, kept.Key())
		d.changed = d.changed || known
		return nil
	}
	if !known && len(d.agents) >= maxListed {
		return nil
	}
	d.agents[kept.Key()] = listed{found, now}
	d.changed = d.changed || !known || before.Token != found.Token
	return nil
}

// expire drops the agents without a sign of life.
func (d *directory) expire(now time.Time) {
	if d == nil {
		return
	}
	for key, agent := range d.agents {
		if now.Sub(agent.heard) > broker.Lost {
			delete(d.agents, key)
			d.changed = true
		}
	}
}

// agentLine is one agent in the line that shows them.
type agentLine struct {
	Name  string `json:"name"`
	Token bool   `json:"token"` // whether joining it needs one
}

// lines are the agents, sorted by name.
func (d *directory) lines() []agentLine {
	agents := make([]agentLine, 0, len(d.agents)) // not nil, which JSON writes as null
	for _, agent := range d.agents {
		agents = append(agents, agentLine{agent.Name, agent.Token != ""})
	}
	slices.SortFunc(agents, func(a, b agentLine) int { return strings.Compare(a.Name, b.Name) })
	return agents
}

// showDirectory tells the client about the agents, if they have changed.
func (s *session) showDirectory() error {
	if s.directory == nil || !s.directory.changed {
		return nil
	}
	s.directory.changed = false
	return s.out.Tell(struct {
		Type   string      `json:"type"`
		Agents []agentLine `json:"agents"`
	}{"agents", s.directory.lines()})
}
