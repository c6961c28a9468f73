package main

import (
	"context"
	"fmt"

	"wsd/cmd/internal/client"
	"wsd/server/websocket"
)

// runOut has the backend write all its lines to one client.
func runOut(ctx context.Context, t *trial) error {
	c, err := t.dial(ctx, streamBuffer)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := await(c, readyText); err != nil {
		return err
	}
	start := t.startClock()
	if err := t.batch.sendFrames(c, 1, nil); err != nil {
		return fmt.Errorf("starting the backend: %w", err)
	}
	if err := (&expected{batch: t.batch, n: t.n, done: &t.done}).receive(c); err != nil {
		return err
	}
	t.stop(start, t.n)
	return c.Goodbye()
}

// runIn sends all messages to a backend that counts them, and checks its answer.
func runIn(ctx context.Context, t *trial) error {
	want := t.batch.total(t.n)
	c, err := t.dial(ctx, streamBuffer)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := await(c, readyText); err != nil {
		return err
	}
	start := t.startClock()
	if err := t.batch.sendFrames(c, t.n, &t.done); err != nil {
		return fmt.Errorf("sending: %w", err)
	}
	if err := c.Send(websocket.OpText, []byte(endText)); err != nil {
		return fmt.Errorf("sending: %w", err)
	}
	if err := await(c, want); err != nil {
		return err
	}
	t.stop(start, t.n)
	return c.Goodbye()
}

// await waits for one message and compares it.
func await(c *client.Conn, want string) error {
	got, err := c.Message()
	if err != nil {
		return fmt.Errorf("waiting for %q: %w", want, err)
	}
	if got != want {
		return client.Wrongf("the backend's %q arrived as %q", want, got)
	}
	return nil
}

// runEcho sends all messages through an echo without waiting, and receives them
// at the same time.
func runEcho(ctx context.Context, t *trial) error {
	c, err := t.dialEcho(ctx, streamBuffer)
	if err != nil {
		return err
	}
	defer c.Close()
	start := t.startClock()
	if err := t.pipeline(c); err != nil {
		return err
	}
	t.stop(start, t.n)
	return c.Goodbye()
}

// pipeline sends and receives at once. When one fails it closes the connection, so
// that the other ends too.
func (t *trial) pipeline(c *client.Conn) error {
	sent := make(chan error, 1)
	// Ends with the last message or the connection; waited for below.
	go func() {
		err := t.batch.sendFrames(c, t.n, nil)
		if err != nil {
			c.Close()
		}
		sent <- err
	}()
	err := (&expected{batch: t.batch, n: t.n, done: &t.done}).receive(c)
	if err != nil {
		c.Close()
		<-sent // its error says only that the connection is closed
		return err
	}
	return <-sent
}
