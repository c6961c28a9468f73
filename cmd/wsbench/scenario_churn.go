package main

import "context"

// churnClients is how many clients come and go at a time.
const churnClients = 4

// runChurn opens a WebSocket, has one message echoed, and closes it, again and
// again.
func runChurn(ctx context.Context, t *trial) error {
	start := t.startClock()
	err := parallel(churnClients, t.n, func(int) error {
		c, err := t.dialEcho(ctx, turnBuffer)
		if err != nil {
			return err
		}
		t.done.Add(1)
		return c.Goodbye()
	})
	if err != nil {
		return err
	}
	t.stop(start, t.n)
	return nil
}
