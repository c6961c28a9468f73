package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"wsd/cmd/internal/command"
)

// Run compares the daemons of the command line and prints what it measures.
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
		return nil, command.Usage(errors.New("--rounds, --scale and --timeout must be more than 0"), "leave them out for 6, 1 and 30s")
	}
	for _, arg := range f.Servers {
		s, err := parseServer(arg)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(c.servers, func(o server) bool { return o.name == s.name }) {
			return nil, command.Usage(fmt.Errorf("two servers are called %s", s.name), "give each a name of its own")
		}
		c.servers = append(c.servers, s)
	}
	var err error
	if c.scenarios, err = chosenScenarios(f.Scenario); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("looking for the backends: %w", err)
	}
	c.self = []string{self, "backend"}
	return c, nil
}

// server is one column of the comparison.
type server struct {
	name    string
	command []string // the program, and arguments before websocketd's flags
}

// parseServer reads NAME=PATH. A path without a slash is looked up in PATH.
func parseServer(arg string) (server, error) {
	name, path, ok := strings.Cut(arg, "=")
	if !ok || name == "" || path == "" {
		return server{}, command.Usage(fmt.Errorf("%q is not NAME=PATH", arg), "for example websocketd=/usr/bin/websocketd")
	}
	found, err := exec.LookPath(path)
	if err != nil {
		return server{}, command.Usage(err, "PATH is the daemon's program")
	}
	return server{name: name, command: []string{found}}, nil
}
