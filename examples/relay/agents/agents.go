// Package agents is the backend that connects agents and pages: an agent registers
// a name, a page from the same public address lists the names and joins one, and
// both talk through a channel of their own. One connection may do both.
package agents

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"wsd/examples/relay/broker"
	"wsd/examples/relay/line"
)

// session is one client's. It belongs to the goroutine of Run.
type session struct {
	network   string // the network of the client; see networkOf
	id        string // the name of this session's inbox: inbox(id)
	broker    *broker.Conn
	registry  *registry
	lease     *lease     // the name of this client, or nil
	directory *directory // the agents that this client is shown, or nil
	channels  map[string]*channel
	out       *line.Writer
}

// Run serves the client that writes to in and reads from out, until in ends or
// ctx does. remote is the client's address, REMOTE_ADDR. The error is a
// *line.Error if the client may know it.
func Run(ctx context.Context, remote string, conn *broker.Conn, in <-chan line.Line, out *line.Writer) error {
	network, err := networkOf(remote)
	if err != nil {
		return &line.Error{Code: "no-address", Message: err.Error()}
	}
	registry, err := openRegistry(ctx, conn)
	if err != nil {
		return err
	}
	s := &session{
		network: network, id: rand.Text(), broker: conn, registry: registry,
		channels: map[string]*channel{}, out: out,
	}
	notes := make(chan *nats.Msg, 1024)
	sub, err := conn.ChanSubscribe(inbox(s.id, "*"), notes)
	if err != nil {
		return fmt.Errorf("opening the inbox: %w", err)
	}
	defer s.end()
	return s.serve(ctx, in, notes, sub)
}

// serve is the life of a session. Nothing in it waits for the client or for
// another session, and for the broker only for a bounded time.
func (s *session) serve(ctx context.Context, in <-chan line.Line, notes <-chan *nats.Msg, sub *nats.Subscription) error {
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
		case note := <-notes:
			err = s.receive(note)
		case entry, ok := <-s.directory.updates():
			err = s.directory.follow(entry, ok, time.Now())
			if err == nil {
				err = s.showDirectory()
			}
		case <-tick.C:
			err = s.tick(ctx, sub)
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

// tick sends signs of life, and checks those of others.
func (s *session) tick(ctx context.Context, sub *nats.Subscription) error {
	if dropped, err := sub.Dropped(); err != nil || dropped > 0 {
		return errors.Join(errors.New("messages for this session were lost"), err)
	}
	if err := s.lease.renew(ctx); err != nil {
		return err
	}
	now := time.Now()
	if err := s.checkChannels(now); err != nil {
		return err
	}
	s.directory.expire(now)
	return s.showDirectory()
}

// end tells the others that this client has left, and gives its name back.
func (s *session) end() {
	for _, c := range s.channels {
		s.send(c, note{Kind: leave, Reason: "left"})
	}
	s.lease.release()
	s.broker.Part()
}

// inbox is the subject for notes to a session about a channel, or about what
// else the last part names.
func inbox(id, about string) string { return "relay.to." + id + "." + about }
