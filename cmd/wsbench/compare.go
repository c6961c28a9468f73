package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"wsd/cmd/internal/client"
	"wsd/cmd/internal/command"
	"wsd/cmd/internal/daemon"
)

// Run compares the daemons that the command line names and prints the results.
func (f *compareFlags) Run(ctx context.Context, s command.Streams) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	c, err := f.comparison()
	if err != nil {
		return err
	}
	c.progress = s.Err
	return c.run(ctx, s.Out)
}

// comparison checks the flags.
func (f *compareFlags) comparison() (*comparison, error) {
	c := &comparison{rounds: f.Rounds, scale: f.Scale, timeout: f.Timeout}
	if f.Rounds < 1 || f.Scale <= 0 || f.Timeout <= 0 {
		return nil, command.Usage(errors.New("--rounds, --scale and --timeout must be more than 0"), "wsbench compare --help shows the defaults")
	}
	for _, arg := range f.Servers {
		s, err := parseServer(arg)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(c.servers, func(o server) bool { return o.name == s.name }) {
			return nil, command.Usage(fmt.Errorf("two daemons are called %s", s.name), "give each its own name")
		}
		c.servers = append(c.servers, s)
	}
	var err error
	if c.scenarios, err = chosenScenarios(f.Scenario); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("looking for this program: %w", err)
	}
	c.self = []string{self, "backend"}
	return c, nil
}

// server is one column of the comparison.
type server struct {
	name    string
	command []string // the program, and arguments before websocketd's flags
}

// parseServer parses NAME=PATH. A path without a slash is looked up in $PATH.
func parseServer(arg string) (server, error) {
	name, path, ok := strings.Cut(arg, "=")
	if !ok || name == "" || path == "" {
		return server{}, command.Usage(fmt.Errorf("%q is not NAME=PATH", arg), "for example: websocketd=/usr/bin/websocketd")
	}
	found, err := exec.LookPath(path)
	if err != nil {
		return server{}, command.Usage(err, "PATH is the daemon's program")
	}
	return server{name: name, command: []string{found}}, nil
}

// comparison says what to measure. It is for one goroutine.
type comparison struct {
	servers   []server
	scenarios []scenario
	rounds    int
	scale     float64
	timeout   time.Duration // for each measurement
	self      []string      // the command line of this program's backends, without their names
	progress  io.Writer     // for the progress line
}

// run measures everything, round by round, and writes each result to w as it
// comes. The servers take turns, and each round begins with another one. What has
// failed once is not measured again.
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

// measure makes one measurement; what names it in the progress line.
func (c *comparison) measure(ctx context.Context, sc scenario, n int, s server, cert string, what string) (values, error) {
	if !sc.tls {
		cert = ""
	}
	d, err := daemon.Start(ctx, s.command, cert, sc.command(c.self, n))
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
