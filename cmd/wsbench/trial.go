package main

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"wsd/cmd/internal/client"
	"wsd/cmd/internal/command"
	"wsd/cmd/internal/daemon"
)

// Sizes of a connection's read buffer, in bytes.
const (
	streamBuffer = 256 << 10 // one connection that carries everything
	turnBuffer   = 4 << 10   // one message at a time
)

// trial is one measurement of one server.
type trial struct {
	target client.Target
	batch  *batch
	n      int          // messages, connections or sessions
	pid    int          // of the daemon; 0 when it is not known
	done   atomic.Int64 // messages, connections or sessions so far
	values values
}

// clock is the time and the daemon's CPU time when the measurement begins.
type clock struct {
	start time.Time
	cpu   time.Duration
	known bool // whether cpu is
}

// startClock begins the measurement.
func (t *trial) startClock() clock {
	t.done.Store(0)
	cpu, known := daemon.CPUTime(t.pid)
	return clock{start: time.Now(), cpu: cpu, known: known}
}

// stop ends the measurement of n operations: it records how many there were in a
// second, and the daemon's CPU time for each.
func (t *trial) stop(c clock, n int) {
	elapsed := time.Since(c.start)
	cpu, known := daemon.CPUTime(t.pid)
	t.values[rate] = float64(n) / elapsed.Seconds()
	if known && c.known {
		t.values[daemonCPU] = float64(cpu-c.cpu) / float64(n)
	}
}

// dial opens a WebSocket to the trial's server.
func (t *trial) dial(ctx context.Context, size int) (*client.Conn, error) {
	return client.Dial(ctx, t.target, size)
}

// dialEcho opens a WebSocket and waits for its backend to echo a first message,
// which t.done does not count.
func (t *trial) dialEcho(ctx context.Context, size int) (*client.Conn, error) {
	c, err := t.dial(ctx, size)
	if err != nil {
		return nil, err
	}
	if err = t.batch.sendFrames(c, 1, nil); err == nil {
		err = (&expected{batch: t.batch, n: 1}).receive(c)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// progress shows on w how far the trial has come, until end is called.
func (t *trial) progress(w io.Writer, what string) (end func()) {
	t.done.Store(0)
	return command.Progress(w, func() string { return fmt.Sprintf("%s: %d of %d", what, t.done.Load(), t.n) })
}
