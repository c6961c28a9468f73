// Package room is the backend of a room: a canvas on which every visitor sees the
// others' pointers and edits as they happen. The broker keeps the edits, so that a
// new visitor gets the current picture; nobody keeps pointers.
package room

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"regexp"
	"time"

	"github.com/nats-io/nats.go"

	"wsd/examples/relay/broker"
	"wsd/examples/relay/line"
)

// frame is how often pointers move: what comes between is left out.
const frame = 50 * time.Millisecond

// session is one visitor's. It belongs to the goroutine of Run.
type session struct {
	room   string
	broker *broker.Conn
	edits  *edits
	me     visitor // its ID is set; its Name is empty until the client has entered
	moved  bool    // the pointer of me, since the others were last told
	people people
	follow chan error // the end of the goroutine that follows the edits
	notes  chan *nats.Msg
	flush  <-chan time.Time // the end of a frame in which a pointer has moved, or nil
	out    *line.Writer
}

// Run serves the client that writes to in and reads from out, until in ends or
// ctx does. query is the query of the client's URL; its parameter "room" names the
// room. The error is a *line.Error if the client may know it.
func Run(ctx context.Context, query string, conn *broker.Conn, in <-chan line.Line, out *line.Writer) error {
	room, err := roomOf(query)
	if err != nil {
		return err
	}
	edits, err := openEdits(ctx, conn, room)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &session{
		room: room, broker: conn, edits: edits, me: visitor{ID: rand.Text()}, people: people{},
		follow: make(chan error, 1), notes: make(chan *nats.Msg, 4096), out: out,
	}
	defer s.end()
	return s.serve(ctx, in)
}

// serve is the life of a session.
func (s *session) serve(ctx context.Context, in <-chan line.Line) error {
	tick := time.NewTicker(broker.Period)
	defer tick.Stop()
	for {
		var err error
		select {
		case next, ok := <-in:
			if !ok {
				return nil
			}
			err = s.out.TellFault(s.answer(ctx, next))
		case m := <-s.notes:
			err = s.receive(m)
		case <-s.flush:
			err = s.movePointers()
		case <-tick.C:
			s.publish(here)
			err = s.expire(time.Now())
		case err = <-s.follow:
		case err = <-s.broker.Gone():
		case <-s.out.Done():
			return nil
		case <-ctx.Done():
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// end tells the others that this visitor has left.
func (s *session) end() {
	s.publish(gone)
	s.broker.Part()
}

var roomName = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

// roomOf returns the room that a query names. It is safe as a part of a subject.
func roomOf(query string) (string, error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return "", line.BadRequest(fmt.Sprintf("the query can't be read: %v", err))
	}
	room := values.Get("room")
	if room == "" {
		return "lobby", nil
	}
	if !roomName.MatchString(room) {
		return "", line.BadRequest("a room's name has 1 to 32 characters: a to z, 0 to 9 and -")
	}
	return room, nil
}
