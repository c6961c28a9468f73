package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"wsd/cmd/internal/client"
	"wsd/cmd/internal/daemon"
)

// comparison is what to measure. Its methods are for one goroutine.
type comparison struct {
	servers   []server
	base      int // of servers, which the ratios refer to
	scenarios []scenario
	rounds    int
	scale     float64
	timeout   time.Duration // for each measurement
	self      []string      // how this program plays its backends
	progress  io.Writer     // where the progress line goes
}

// result is one cell of the comparison: each round's values, or why there are
// none.
type result struct {
	Scenario string   `json:"scenario"`
	Server   string   `json:"server"`
	Rounds   []values `json:"rounds"`
	Verdict  string   `json:"verdict,omitempty"` // "hung", "wrong" or "failed"
	Reason   string   `json:"reason,omitempty"`
}

// run measures everything, round by round. Within a round the servers take
// turns, and another one begins each time.
func (c *comparison) run(ctx context.Context) ([]*result, error) {
	dir, err := os.MkdirTemp("", "wsbench-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	cert, err := daemon.MakeCertificate(dir)
	if err != nil {
		return nil, err
	}
	results := c.empty()
	for round := range c.rounds {
		for i, sc := range c.scenarios {
			for j := range c.servers {
				j = (j + round) % len(c.servers)
				r := results[i*len(c.servers)+j]
				if r.Verdict != "" {
					continue // once is enough
				}
				c.measure(ctx, r, sc, c.servers[j], &cert, round)
				if ctx.Err() != nil {
					return nil, context.Cause(ctx)
				}
			}
		}
	}
	return results, nil
}

// empty is a result for each scenario and server, in the order of the table.
func (c *comparison) empty() []*result {
	var all []*result
	for _, sc := range c.scenarios {
		for _, s := range c.servers {
			all = append(all, &result{Scenario: sc.name, Server: s.name})
		}
	}
	return all
}

// measure adds one measurement to r, or the verdict.
func (c *comparison) measure(ctx context.Context, r *result, sc scenario, s server, cert *daemon.Certificate, round int) {
	n := sc.scaled(c.scale)
	if !sc.tls {
		cert = nil
	}
	d, err := daemon.Start(ctx, s.command, cert, sc.backend.command(c.self, n))
	if err != nil {
		r.Verdict, r.Reason = "failed", "failed: "+err.Error()
		return
	}
	t := &trial{target: d.Target, batch: newBatch(sc.size), n: n, pid: d.Process().Pid, values: values{}}
	defer t.progress(c.progress, fmt.Sprintf("round %d of %d, %s, %s", round+1, c.rounds, sc.name, s.name))()
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	err = sc.run(limited, t)
	switch {
	case limited.Err() != nil:
		d.Kill()
		r.Verdict = "hung"
		r.Reason = fmt.Sprintf("hung: %d of %d after %v", t.done.Load(), n, c.timeout)
	case err != nil:
		d.Kill()
		r.Verdict, r.Reason = verdict(err)
	default:
		d.Stop()
		r.Rounds = append(r.Rounds, t.values)
	}
}

// verdict tells a wrong answer from none.
func verdict(err error) (verdict, reason string) {
	var wrong *client.WrongError
	if errors.As(err, &wrong) {
		return "wrong", wrong.Error()
	}
	return "failed", "failed: " + err.Error()
}
