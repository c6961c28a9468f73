package main

import (
	"context"
	"slices"
	"time"

	"wsd/cmd/internal/client"
	"wsd/cmd/internal/daemon"
)

const (
	// manyClients is how many clients rtt-100 has.
	manyClients = 100
	// turnsEach is how many turns each connection of rtt takes.
	turnsEach = 1000
)

// runTurns has one client send a message, wait for its echo, and so on. It connects
// anew now and then: a round trip depends more on which cores the kernel gives the
// three processes than on the daemon, and they keep them as long as they live.
func runTurns(ctx context.Context, t *trial) error {
	var all []time.Duration
	var total, spent time.Duration // of the turns; the daemon's CPU
	for len(all) < t.n {
		took, cpu, err := t.oneClient(ctx, min(turnsEach, t.n-len(all)))
		if err != nil {
			return err
		}
		all = append(all, took...)
		for _, d := range took {
			total += d
		}
		spent += cpu
	}
	if spent > 0 {
		t.values[daemonCPU] = float64(spent) / float64(t.n)
	}
	t.recordTurns(all)
	t.values[rate] = float64(t.n) / total.Seconds()
	return nil
}

// oneClient takes n turns on a new connection. cpu is what they cost the daemon, or
// 0 when that is not known.
func (t *trial) oneClient(ctx context.Context, n int) (took []time.Duration, cpu time.Duration, err error) {
	c, err := t.dialEcho(ctx, turnBuffer)
	if err != nil {
		return nil, 0, err
	}
	defer c.Close()
	before, _ := daemon.CPUTime(t.pid)
	if took, err = t.turns(c, n); err != nil {
		return nil, 0, err
	}
	after, _ := daemon.CPUTime(t.pid)
	return took, after - before, c.Goodbye()
}

// turns takes n turns and returns the time of each. Each message differs from the
// one before, so that a late echo does not pass for the next one.
func (t *trial) turns(c *client.Conn, n int) ([]time.Duration, error) {
	took := make([]time.Duration, n)
	e := &expected{batch: t.batch, done: &t.done}
	frame := len(t.batch.mask) / t.batch.count
	for i := range took {
		start := time.Now()
		if _, err := c.Write(t.batch.mask[e.next*frame : (e.next+1)*frame]); err != nil {
			return nil, err
		}
		e.n++
		if err := e.receive(c); err != nil {
			return nil, err
		}
		took[i] = time.Since(start)
	}
	return took, nil
}

func (t *trial) recordTurns(took []time.Duration) {
	slices.Sort(took)
	t.values[median50] = float64(percentile(took, 50))
	t.values[tail99] = float64(percentile(took, 99))
}

// runManyTurns has many clients at once take their turns, each on its own
// connection and with its own backend.
func runManyTurns(ctx context.Context, t *trial) error {
	clients := min(manyClients, t.n)
	each := t.n / clients
	conns, err := t.dialMany(ctx, clients)
	defer closeAll(conns)
	if err != nil {
		return err
	}
	took := make([][]time.Duration, clients)
	start := t.startClock()
	err = parallel(clients, clients, func(i int) error {
		var err error
		took[i], err = t.turns(conns[i], each)
		return err
	})
	if err != nil {
		return err
	}
	t.stop(start, clients*each)
	t.recordTurns(slices.Concat(took...))
	return parallel(clients, clients, func(i int) error { return conns[i].Goodbye() })
}

// percentile is the smallest value that at least p percent of sorted do not exceed
// (the nearest rank). There must be at least one value.
func percentile(sorted []time.Duration, p float64) time.Duration {
	rank := int(p/100*float64(len(sorted)) + 0.999999)
	return sorted[min(max(rank, 1), len(sorted))-1]
}
