package main

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"wsd/cmd/internal/command"
)

// scenario is one kind of load: a backend, and what a client does.
type scenario struct {
	name    string
	tls     bool
	n       int    // messages, connections or sessions at scale 1
	size    int    // bytes in a message
	backend string // of this program, or "cat"
	run     func(ctx context.Context, t *trial) error
}

// scenarios is the table, in the order it is run.
func scenarios() []scenario {
	return []scenario{
		{name: "out", n: 1_000_000, size: smallSize, backend: "out", run: runOut},                // lines of 64 B from a backend to one client
		{name: "out-1k", n: 300_000, size: lineSize, backend: "out-1k", run: runOut},             // the same with 1 KiB
		{name: "in", n: 1_000_000, size: smallSize, backend: "count", run: runIn},                // messages of 64 B to a backend that counts lines
		{name: "echo", n: 500_000, size: smallSize, backend: "cat", run: runEcho},                // messages of 64 B through cat, sent without waiting
		{name: "big", n: 1_000, size: bigSize, backend: "cat", run: runEcho},                     // the same with 500 KB
		{name: "rtt", n: 20_000, size: smallSize, backend: "cat", run: runTurns},                 // one client, one message at a time through cat
		{name: "rtt-100", n: 100_000, size: smallSize, backend: "cat", run: runManyTurns},        // the same with 100 clients at once
		{name: "churn", n: 2_000, size: smallSize, backend: "cat", run: runChurn},                // connect, one message through cat, close, four at a time
		{name: "idle", n: 1_000, size: smallSize, backend: "cat", run: runIdle},                  // sessions that do nothing once they have echoed a message
		{name: "tls-out", tls: true, n: 1_000_000, size: smallSize, backend: "out", run: runOut}, // out through TLS
		{name: "tls-rtt", tls: true, n: 20_000, size: smallSize, backend: "cat", run: runTurns},  // rtt through TLS
	}
}

// chosenScenarios are those with these names, or all if there are no names.
func chosenScenarios(names []string) ([]scenario, error) {
	all := scenarios()
	if len(names) == 0 {
		return all, nil
	}
	var chosen []scenario
	for _, name := range names {
		i := slices.IndexFunc(all, func(s scenario) bool { return s.name == name })
		if i < 0 {
			return nil, command.Usage(fmt.Errorf("there is no scenario %q", name), "the scenarios are "+strings.Join(scenarioNames(), ", "))
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

func scenarioNames() []string {
	var names []string
	for _, s := range scenarios() {
		names = append(names, s.name)
	}
	return names
}

// scaled is s.n at another scale; at least one.
func (s scenario) scaled(scale float64) int {
	return max(1, int(float64(s.n)*scale))
}

// command is the backend's command line, for n messages. The system's cat, where
// there is one, is smaller than ours.
func (s scenario) command(self []string, n int) []string {
	if s.backend == "cat" {
		if path, err := exec.LookPath("cat"); err == nil {
			return []string{path}
		}
	}
	return append(slices.Clone(self), s.backend, strconv.Itoa(n))
}
