package room

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"wsd/examples/relay/broker"
)

// maxVisitors bounds the other visitors that one client is shown.
const maxVisitors = 200

// visitor is what the others see of a client.
type visitor struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Color string `json:"color"`
	At    *point `json:"at,omitempty"` // the pointer; nil while it is off the canvas
}

// point is a place on the canvas: from the left, from the top.
type point [2]float64

// note is a message from one visitor's session to the others.
type note struct {
	Kind kind `json:"kind"`
	visitor
}

type kind string

const (
	here kind = "here" // I am here, and there is my pointer
	gone kind = "gone" // I have left
	who  kind = "who"  // I am new; who is here? The answer is here
)

// person is another visitor, as this session knows them.
type person struct {
	visitor
	heard time.Time
	moved bool // since the client was last told
}

// people is the other visitors, by their id.
type people map[string]*person

// live is the subject for the notes of a room, and private the one for answers
// to a newcomer.
func (s *session) live() string    { return "relay.room." + s.room + ".live" }
func (s *session) private() string { return "relay.to." + s.me.ID + ".room" }

// meet tells the others of this visitor, and asks who they are.
func (s *session) meet() error {
	for _, subject := range []string{s.live(), s.private()} {
		if _, err := s.broker.ChanSubscribe(subject, s.notes); err != nil {
			return fmt.Errorf("entering the room: %w", err)
		}
	}
	s.publish(who)
	return nil
}

// publish sends everyone a note about this visitor, once the client has entered.
// It fails only if the connection has ended, which serve learns anyway.
func (s *session) publish(k kind) {
	if s.me.Name != "" {
		_ = s.broker.PublishMsg(&nats.Msg{Subject: s.live(), Reply: s.private(), Data: s.note(k)})
	}
}

func (s *session) note(k kind) []byte {
	text, err := json.Marshal(note{k, s.me})
	if err != nil {
		panic(err) // strings and checked numbers can't fail
	}
	return text
}

// receive takes a note of another visitor's session.
func (s *session) receive(m *nats.Msg) error {
	var n note
	if json.Unmarshal(m.Data, &n) != nil || n.ID == "" || n.ID == s.me.ID {
		return nil
	}
	switch n.Kind {
	case gone:
		return s.forget(n.ID)
	case who:
		_ = m.Respond(s.note(here))
	}
	return s.notice(n.visitor, time.Now())
}

// notice records a sign of life.
func (s *session) notice(v visitor, now time.Time) error {
	p, known := s.people[v.ID]
	if !known {
		if len(s.people) >= maxVisitors {
			return nil
		}
		p = &person{visitor: visitor{ID: v.ID, Name: v.Name, Color: v.Color}}
		s.people[v.ID] = p
		if err := s.out.Tell(visitorLine{"visitor", p.visitor}); err != nil {
			return err
		}
	}
	p.heard = now
	if !samePoint(p.At, v.At) {
		p.At, p.moved = v.At, true
		s.beginFrame()
	}
	return nil
}

type visitorLine struct {
	Type string `json:"type"`
	visitor
}

func samePoint(a, b *point) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// forget drops a visitor who has left.
func (s *session) forget(id string) error {
	if s.people[id] == nil {
		return nil
	}
	delete(s.people, id)
	return s.out.Tell(struct {
		Type string `json:"type"`
		ID   string `json:"id"`
	}{"left", id})
}

// expire drops visitors without a sign of life.
func (s *session) expire(now time.Time) error {
	for id, p := range s.people {
		if now.Sub(p.heard) > broker.Lost {
			if err := s.forget(id); err != nil {
				return err
			}
		}
	}
	return nil
}

// beginFrame makes pointers move soon.
func (s *session) beginFrame() {
	if s.flush == nil {
		s.flush = time.After(frame)
	}
}

// movePointers ends a frame: it tells the others where this visitor's pointer is,
// and the client where theirs are, in one line. A client that does not keep up
// learns it later.
func (s *session) movePointers() error {
	s.flush = nil
	if s.moved {
		s.moved = false
		s.publish(here)
	}
	pointers := map[string]*point{}
	for id, p := range s.people {
		if p.moved {
			pointers[id] = p.At
		}
	}
	if len(pointers) == 0 {
		return nil
	}
	told, err := s.out.Offer(struct {
		Type string            `json:"type"`
		At   map[string]*point `json:"at"`
	}{"pointers", pointers})
	if !told {
		s.beginFrame()
		return err
	}
	for id := range pointers {
		s.people[id].moved = false
	}
	return nil
}
