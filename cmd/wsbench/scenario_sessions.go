package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"wsd/cmd/internal/client"
	"wsd/cmd/internal/daemon"
)

const (
	// churnClients is how many clients come and go at a time.
	churnClients = 4
	// idleDialers is how many sessions are opened at a time.
	idleDialers = 8
	// childPoll is the time between two counts of the daemon's children.
	childPoll = 5 * time.Millisecond
)

// runChurn opens a WebSocket, has one message echoed and closes it, again and
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

// runIdle opens sessions that echo once and then do nothing, and records what
// they cost the daemon. Then it closes them and waits for the last child to go.
func runIdle(ctx context.Context, t *trial) error {
	// One session first, so that the daemon has its own code and heap in memory.
	first, err := t.dialEcho(ctx, turnBuffer)
	if err != nil {
		return err
	}
	if err := first.Goodbye(); err != nil {
		return err
	}
	before, known := daemon.Look(t.pid)
	conns, err := t.dialMany(ctx, t.n)
	defer closeAll(conns)
	if err != nil {
		return err
	}
	if after, ok := daemon.Look(t.pid); known && ok {
		t.values[sessionMemory] = float64(after.Memory-before.Memory) / float64(t.n)
		t.values[sessionThreads] = float64(after.Threads)
	}
	start := time.Now()
	if err := parallel(idleDialers, t.n, func(i int) error { return conns[i].Goodbye() }); err != nil {
		return err
	}
	return t.awaitNoChild(ctx, start)
}

// dialMany opens n WebSockets and has one message echoed on each. The caller closes
// the connections, with an error too; those that were not opened are nil.
func (t *trial) dialMany(ctx context.Context, n int) ([]*client.Conn, error) {
	conns := make([]*client.Conn, n)
	return conns, parallel(idleDialers, n, func(i int) error {
		c, err := t.dialEcho(ctx, turnBuffer)
		if err != nil {
			return err
		}
		conns[i] = c
		t.done.Add(1)
		return nil
	})
}

func closeAll(conns []*client.Conn) {
	for _, c := range conns {
		if c != nil {
			c.Close()
		}
	}
}

// awaitNoChild records how long after start the daemon's last child was gone.
func (t *trial) awaitNoChild(ctx context.Context, start time.Time) error {
	tick := time.NewTicker(childPoll)
	defer tick.Stop()
	for {
		n, known := daemon.Children(t.pid)
		if !known {
			return nil
		}
		if n == 0 {
			t.values[childrenGone] = float64(time.Since(start))
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return client.Wrongf("%d children are left", n)
		}
	}
}

// parallel calls do with each number below n, workers of them at a time, and
// returns the first error once all calls have returned. After an error it makes no
// more calls.
func parallel(workers, n int, do func(i int) error) error {
	var next atomic.Int64
	var failed sync.Once
	var first error
	var wg sync.WaitGroup
	for range min(workers, n) {
		// Ends with the numbers or the first error; waited for below.
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := do(i); err != nil {
					failed.Do(func() { first = err })
					next.Store(int64(n))
				}
			}
		})
	}
	wg.Wait()
	return first
}
