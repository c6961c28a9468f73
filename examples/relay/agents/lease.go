package agents

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"wsd/examples/relay/broker"
	"wsd/examples/relay/line"
)

// lease is the right to a name, as long as it is renewed. A nil lease is that of
// a client without a name.
type lease struct {
	registry *registry
	key      string
	entry    entry
	revision uint64 // of the entry in the registry; another one is not ours
}

// claim takes the name in e, or returns a *line.Error. It takes over a name in two
// cases: the session that holds it is dead, or both have the same token. The second
// is for an agent that comes back while wsd still waits for its old connection to
// time out.
func (r *registry) claim(ctx context.Context, key string, e entry) (*lease, error) {
	ctx, cancel := context.WithTimeout(ctx, broker.Answer)
	defer cancel()
	revision, err := r.bucket.Create(ctx, key, e.encode())
	if errors.Is(err, jetstream.ErrKeyExists) {
		revision, err = r.takeOver(ctx, key, e)
	}
	if err != nil {
		return nil, err
	}
	return &lease{r, key, e, revision}, nil
}

// takeOver replaces the entry of a name that is taken, if claim allows it. If two
// sessions do so at once, the registry lets one win.
func (r *registry) takeOver(ctx context.Context, key string, e entry) (uint64, error) {
	taken := &line.Error{Code: "name-taken", Message: "another agent has this name"}
	kept, err := r.bucket.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return r.create(ctx, key, e, taken)
	}
	if err != nil {
		return 0, fmt.Errorf("looking up the name: %w", err)
	}
	holder, ok := decodeEntry(kept.Value())
	owner := ok && holder.Token != "" && holder.admits(e.Token)
	if ok && !owner && r.lives(holder.Session) {
		return 0, taken
	}
	revision, err := r.bucket.Update(ctx, key, e.encode(), kept.Revision())
	if errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
		return 0, taken
	}
	if err != nil {
		return 0, fmt.Errorf("taking the name over: %w", err)
	}
	if ok {
		// It finds out by itself at its next renewal, but sooner is better.
		_ = r.broker.Publish(inbox(holder.Session, "replaced"), nil)
	}
	return revision, nil
}

// create takes a name that was free a moment ago.
func (r *registry) create(ctx context.Context, key string, e entry, taken error) (uint64, error) {
	revision, err := r.bucket.Create(ctx, key, e.encode())
	if errors.Is(err, jetstream.ErrKeyExists) {
		return 0, taken
	}
	if err != nil {
		return 0, fmt.Errorf("taking the name: %w", err)
	}
	return revision, nil
}

// lives asks a session for a sign of life. The answer is no only if the broker
// says that nobody listens: a session that is slow to answer is alive.
func (r *registry) lives(session string) bool {
	_, err := r.broker.Request(inbox(session, "probe"), nil, broker.Answer/2)
	return !errors.Is(err, nats.ErrNoResponders)
}

// renew keeps the name. The error is a *line.Error if another session has it now.
// It takes a name again that has expired, because this process was stopped for a
// while.
func (l *lease) renew(ctx context.Context) error {
	if l == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, broker.Answer)
	defer cancel()
	revision, err := l.registry.bucket.Update(ctx, l.key, l.entry.encode(), l.revision)
	if errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
		revision, err = l.registry.create(ctx, l.key, l.entry, errReplaced)
	}
	if err != nil {
		return err
	}
	l.revision = revision
	return nil
}

// errReplaced ends the session of an agent whose name another session has now.
var errReplaced = &line.Error{Code: "replaced", Message: "another connection has taken this name over"}

// release gives the name back. If that fails, it expires.
func (l *lease) release() {
	if l == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), broker.Answer/4)
	defer cancel()
	_ = l.registry.bucket.Delete(ctx, l.key, jetstream.LastRevision(l.revision))
}
