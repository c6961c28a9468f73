package main

import (
	"context"
	"sync/atomic"
	"time"
)

// trial is one measurement of one server.
type trial struct {
	target target
	batch  *batch
	n      int           // messages, connections or sessions
	pid    int           // the daemon's process; 0 when it is not known
	done   *atomic.Int64 // messages, connections or sessions so far
	values values        // what was measured
}

// values are the results of one measurement.
type values map[measure]float64

// clock is the time, and the daemon's CPU time, at the start of what counts.
type clock struct {
	start time.Time
	cpu   time.Duration
	known bool // cpu is
}

// startClock begins what counts.
func (t *trial) startClock() clock {
	t.done.Store(0)
	cpu, known := cpuTime(t.pid)
	return clock{start: time.Now(), cpu: cpu, known: known}
}

// stop records how many of n things a second there were since the start, and
// what one cost the daemon.
func (t *trial) stop(c clock, n int, rate, cost measure) {
	elapsed := time.Since(c.start)
	cpu, known := cpuTime(t.pid)
	t.values[rate] = float64(n) / elapsed.Seconds()
	if known && c.known {
		t.values[cost] = (cpu - c.cpu).Seconds() / float64(n)
	}
}

// dial opens a WebSocket to the trial's server.
func (t *trial) dial(ctx context.Context, size int) (*conn, error) {
	return dial(ctx, t.target, size, t.done)
}

// dialEcho opens a WebSocket and waits for its backend to echo a first message,
// which t.done does not count.
func (t *trial) dialEcho(ctx context.Context, size int) (*conn, error) {
	c, err := dial(ctx, t.target, size, new(atomic.Int64))
	if err != nil {
		return nil, err
	}
	if err := t.turn(c); err != nil {
		c.Close()
		return nil, err
	}
	c.done = t.done
	return c, nil
}

// turn sends the batch's first message and waits for its echo.
func (t *trial) turn(c *conn) error {
	if err := t.batch.sendFrames(c, 1, nil); err != nil {
		return err
	}
	return c.receive(&expected{batch: t.batch, n: 1})
}
