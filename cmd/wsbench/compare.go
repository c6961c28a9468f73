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
	scenarios []scenario
	rounds    int
	scale     float64
	timeout   time.Duration // for each measurement
	self      []string      // how this program plays its backends
	progress  io.Writer     // where the progress line goes
}

// run measures everything, round by round, and writes each result to w as it
// comes. Within a round the servers take turns, and another one begins each
// time. What has failed once is not measured again.
func (c *comparison) run(ctx context.Context, w io.Writer) error {
	dir, err := os.MkdirTemp("", "wsbench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	cert, err := daemon.MakeCertificate(dir)
	if err != nil {
		return err
	}
	printMachine(w)
	failed := map[string]bool{}
	for round := range c.rounds {
		for _, sc := range c.scenarios {
			for i := range c.servers {
				s := c.servers[(i+round)%len(c.servers)]
				what := sc.name + ", " + s.name
				if failed[what] {
					continue
				}
				n := sc.scaled(c.scale)
				v, err := c.measure(ctx, sc, n, s, cert, fmt.Sprintf("round %d of %d, %s", round+1, c.rounds, what))
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				failed[what] = err != nil
				if err := printResult(w, s.name, sc.name, n, v, err); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// measure is one measurement. what says for the progress line which one.
func (c *comparison) measure(ctx context.Context, sc scenario, n int, s server, cert string, what string) (values, error) {
	if !sc.tls {
		cert = ""
	}
	d, err := daemon.Start(ctx, s.command, cert, sc.backend.command(c.self, n))
	if err != nil {
		return nil, fmt.Errorf("failed: %w", err)
	}
	t := &trial{target: d.Target, batch: newBatch(sc.size), n: n, pid: d.Process().Pid, values: values{}}
	defer t.progress(c.progress, what)()
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	err = sc.run(limited, t)
	var wrong *client.WrongError
	switch {
	case limited.Err() != nil:
		err = fmt.Errorf("hung: %d of %d after %v", t.done.Load(), n, c.timeout)
	case err == nil:
		d.Stop()
		return t.values, nil
	case !errors.As(err, &wrong):
		err = fmt.Errorf("failed: %w", err)
	}
	d.Kill()
	return nil, err
}
