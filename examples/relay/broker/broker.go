// Package broker connects a backend to nats-server, the process that connects the
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
	// patience bounds the wait for a broker at start, such as one that is being
	// restarted; retry is the pause between two attempts.
	patience = 5 * time.Second
	retry    = 250 * time.Millisecond
	// A broker that answers no ping for two periods is gone.
	pingPeriod = 3 * time.Second
	// Answer bounds the wait for one answer of the broker.
	Answer = 2 * time.Second
)

// ErrGone says that the connection to the broker has ended. A Conn does not
// reconnect: it would miss what others say meanwhile. A new session, which clients
// must be ready for anyway, begins with the current state.
var ErrGone = errors.New("the connection to the broker has ended")

// Conn is a connection to the broker. It is safe for concurrent use.
type Conn struct {
	*nats.Conn
	JS   jetstream.JetStream
	gone chan error // gets the reason of the end, once
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

// fail takes an error that comes between two calls. It ignores a subscription that
// was too slow: whoever needs every message asks Dropped.
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

// Gone yields the reason once the connection has ended.
func (c *Conn) Gone() <-chan error { return c.gone }

// Explain adds advice to an error that means a broker without JetStream.
func Explain(err error) error {
	if errors.Is(err, jetstream.ErrJetStreamNotEnabled) || errors.Is(err, nats.ErrNoResponders) {
		return fmt.Errorf("%w: start nats-server with JetStream, as nats.conf does", err)
	}
	return err
}
