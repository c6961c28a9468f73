// Package broker connects a backend to nats-server, the process that joins the
// backends of all wsd processes.
package broker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// patience bounds the wait for a broker at start, and retry is the pause
	// between two attempts: a broker that is just being restarted is waited for.
	patience = 5 * time.Second
	retry    = 250 * time.Millisecond
	// A broker that answers no ping for two periods is gone.
	pingPeriod = 3 * time.Second
	// Answer bounds the wait for one answer of the broker.
	Answer = 2 * time.Second
)

// ErrGone says that the connection to the broker has ended. There is no
// reconnecting: what others have said meanwhile is lost, and a new session, which
// the client has to be ready for anyway, begins with the present state.
var ErrGone = errors.New("the connection to the broker has ended")

// Conn is a connection to the broker. It is safe for concurrent use.
type Conn struct {
	*nats.Conn
	JS   jetstream.JetStream
	gone chan error // the reason of the end, once
}

// Connect connects to the broker at url, within a bounded time or until ctx ends.
// name is what the broker's monitoring shows.
func Connect(ctx context.Context, url, name string) (*Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		conn, err := connect(url, name)
		if err == nil {
			return conn, nil
		}
		select {
		case <-time.After(retry):
		case <-ctx.Done():
			return nil, fmt.Errorf("connecting to the broker: %w", err)
		}
	}
}

func connect(url, name string) (*Conn, error) {
	conn := &Conn{gone: make(chan error, 1)}
	var err error
	conn.Conn, err = nats.Connect(url,
		nats.Name(name),
		nats.NoReconnect(),
		nats.Timeout(Answer),
		nats.PingInterval(pingPeriod),
		nats.MaxPingsOutstanding(2),
		nats.ClosedHandler(func(c *nats.Conn) { conn.end(errors.Join(ErrGone, c.LastError())) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { conn.fail(err) }),
	)
	if err != nil {
		return nil, err
	}
	if conn.JS, err = jetstream.New(conn.Conn); err != nil {
		return nil, err
	}
	return conn, nil
}

// fail takes an error that comes between two calls. A subscription that was too
// slow is not one: whoever can't do without a message asks Dropped.
func (c *Conn) fail(err error) {
	if !errors.Is(err, nats.ErrSlowConsumer) {
		c.end(err)
	}
}

// end keeps the first reason.
func (c *Conn) end(reason error) {
	select {
	case c.gone <- reason:
	default:
	}
}

// Gone yields the reason when the connection has ended.
func (c *Conn) Gone() <-chan error { return c.gone }

// Explain adds what to do to an error that means a broker without JetStream.
func Explain(err error) error {
	if errors.Is(err, jetstream.ErrJetStreamNotEnabled) || errors.Is(err, nats.ErrNoResponders) {
		return fmt.Errorf("%w: start nats-server with JetStream, as nats.conf does", err)
	}
	return err
}
