package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"wsd/cmd/internal/client"
	"wsd/cmd/internal/command"
)

// growth is how much larger a try may be than the one before.
const growth = 50

// Run measures the server that the command line names and prints the results.
func (f *measureFlags) Run(ctx context.Context, s command.Streams) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	target, err := client.ParseTarget(f.URL, f.Insecure)
	if err != nil {
		return command.Usage(err, "for example: wsbench ws://localhost:8080/")
	}
	if f.Size < 1 || f.Duration <= 0 || f.Timeout <= 0 {
		return command.Usage(errors.New("--size, --duration and --timeout must be more than 0"), "wsbench measure --help shows the defaults")
	}
	t := &trial{target: target, batch: newBatch(f.Size)}
	printMachine(s.Out)
	var failed error
	for _, part := range urlParts() {
		err := f.grow(ctx, t, s.Err, part)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			failed = fmt.Errorf("measuring %s: %w", part.name, err)
		}
		if err := printResult(s.Out, target.Host, part.name, t.n, t.values, err); err != nil {
			return err
		}
	}
	return failed
}

// urlParts is what "wsbench URL" measures, as scenarios without a backend.
func urlParts() []scenario {
	return []scenario{
		{name: "rtt", run: runTurns},
		{name: "echo", run: runEcho},
		{name: "churn", run: runChurn},
	}
}

// grow runs a part with larger and larger numbers until it takes about as long as
// f.Duration; the last run's values count.
func (f *measureFlags) grow(ctx context.Context, t *trial, w io.Writer, part scenario) error {
	ctx, cancel := context.WithTimeoutCause(ctx, f.Timeout, fmt.Errorf("hung: gave up after %v", f.Timeout))
	defer cancel()
	for t.n = 1; ; {
		t.values = values{}
		end := t.progress(w, part.name)
		start := time.Now()
		err := part.run(ctx, t)
		elapsed := time.Since(start)
		end()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil || elapsed >= f.Duration/2 {
			return err
		}
		t.n *= int(min(growth, max(2, float64(f.Duration)/float64(elapsed))))
	}
}
