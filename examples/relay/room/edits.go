package room

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"wsd/examples/relay/broker"
)

// maxEdits bounds the edits that are kept of one room. Beyond it, the oldest go.
const maxEdits = 10_000

// maxEdit bounds one edit, in bytes. A stroke of maxPoints is shorter.
const maxEdit = 16 << 10

// stream is where the broker keeps the edits of all rooms, in the order that all
// visitors see.
const stream = "relay-rooms"

// edits is the edits of one room.
type edits struct {
	broker  *broker.Conn
	subject string
}

// openEdits opens the edits, and makes the stream if there is none.
func openEdits(ctx context.Context, conn *broker.Conn, room string) (*edits, error) {
	ctx, cancel := context.WithTimeout(ctx, broker.Answer)
	defer cancel()
	_, err := conn.JS.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name:              stream,
		Description:       "the edits in the rooms of examples/relay",
		Subjects:          []string{"relay.room.*.edits"},
		MaxMsgsPerSubject: maxEdits,
		MaxBytes:          64 << 20,
		MaxMsgSize:        maxEdit,
		MaxAge:            7 * 24 * time.Hour,
		Discard:           jetstream.DiscardOld,
		Storage:           jetstream.FileStorage,
		AllowRollup:       true,
	})
	if err != nil {
		return nil, fmt.Errorf("opening the edits: %w", broker.Explain(err))
	}
	return &edits{conn, "relay.room." + room + ".edits"}, nil
}

// add stores an edit, which shows it to all visitors.
func (e *edits) add(ctx context.Context, edit any) error {
	return e.publish(ctx, &nats.Msg{Subject: e.subject}, edit)
}

// replace drops all stored edits, and stores this one.
func (e *edits) replace(ctx context.Context, edit any) error {
	header := nats.Header{jetstream.MsgRollup: {jetstream.MsgRollupSubject}}
	return e.publish(ctx, &nats.Msg{Subject: e.subject, Header: header}, edit)
}

func (e *edits) publish(ctx context.Context, m *nats.Msg, edit any) error {
	ctx, cancel := context.WithTimeout(ctx, broker.Answer)
	defer cancel()
	text, err := json.Marshal(edit)
	if err != nil {
		return fmt.Errorf("encoding an edit: %w", err)
	}
	m.Data = text
	if _, err := e.broker.JS.PublishMsg(ctx, m); err != nil {
		return fmt.Errorf("keeping an edit: %w", err)
	}
	return nil
}

// read begins to read the edits, from the first one. pending is how many there
// are now; those after them are new.
func (e *edits) read(ctx context.Context) (iterator jetstream.MessagesContext, pending uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, broker.Answer)
	defer cancel()
	consumer, err := e.broker.JS.OrderedConsumer(ctx, stream, jetstream.OrderedConsumerConfig{
		FilterSubjects:    []string{e.subject},
		InactiveThreshold: 30 * time.Second, // of a backend that was killed
	})
	if err != nil {
		return nil, 0, fmt.Errorf("reading the edits: %w", err)
	}
	pending = consumer.CachedInfo().NumPending
	iterator, err = consumer.Messages(jetstream.PullMaxMessages(256))
	if err != nil {
		return nil, 0, fmt.Errorf("reading the edits: %w", err)
	}
	return iterator, pending, nil
}

// showPicture sends the client all edits so far, waits until it has read them, and
// starts a goroutine for those to come.
func (s *session) showPicture(ctx context.Context) error {
	iterator, pending, err := s.edits.read(ctx)
	if err != nil {
		return err
	}
	for pending > 0 {
		edit, err := iterator.Next(jetstream.NextMaxWait(broker.Answer))
		if err != nil {
			return fmt.Errorf("reading the edits: %w", err)
		}
		if err := s.out.Send(ctx, edit.Data()); err != nil {
			return nil // the client is gone, and serve sees that
		}
		// There are fewer if edits were dropped meanwhile.
		metadata, err := edit.Metadata()
		if err != nil {
			return fmt.Errorf("reading the edits: %w", err)
		}
		pending = min(pending-1, metadata.NumPending)
	}
	if err := s.out.Send(ctx, []byte(`{"type":"ready"}`)); err != nil {
		return nil
	}
	// Ends with ctx, with the client or with the broker, and so with the process.
	go func() { s.follow <- s.followEdits(ctx, iterator) }()
	return nil
}

// followEdits sends the client each new edit. It waits for the client: the edits
// wait in the broker.
func (s *session) followEdits(ctx context.Context, iterator jetstream.MessagesContext) error {
	defer iterator.Stop()
	for {
		edit, err := iterator.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fmt.Errorf("reading the edits: %w", err)
		}
		if s.out.Send(ctx, edit.Data()) != nil {
			return nil
		}
	}
}
