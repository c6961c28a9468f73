package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

// Run soaks the daemon of the command line and prints what it found. Anything
// lost, wrong or leaked is an error.
func (f *soakFlags) Run(ctx context.Context, w streams) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	s, err := f.soak()
	if err != nil {
		return err
	}
	for _, note := range s.plan.notes {
		fmt.Fprintf(w.err, "wsbench: %s\n", note)
	}
	fmt.Fprintf(w.err, "wsbench: %v\n", s.plan)
	s.progress = newProgress(w.err)
	if err := s.run(ctx); err != nil {
		s.counts.tell(w.err)
		return err
	}
	if err := s.report(w.out); err != nil {
		return err
	}
	return s.verdict()
}

// soak checks the flags.
func (f *soakFlags) soak() (*soak, error) {
	if f.Duration <= 0 || f.Patience <= 0 || f.Sessions < 1 || f.Rate < 1 || f.Churn < 0 {
		return nil, &usageError{errors.New("--duration, --sessions, --rate and --patience must be more than 0, and --churn not less"), "leave them out for 10m, 10000, 4000, 2m and 20"}
	}
	path, err := exec.LookPath(f.Daemon)
	if err != nil {
		return nil, &usageError{err, "DAEMON is the daemon's program, for example bin/wsd"}
	}
	if !soakRuns {
		return nil, &usageError{errors.New("a soak needs Linux: it looks into /proc"), "run it in a virtual machine"}
	}
	plan := planSoak(f.Sessions, machineLimits())
	if plan.sessions == 0 {
		return nil, fmt.Errorf("no session fits: %v", plan.notes)
	}
	return &soak{command: []string{path}, plan: plan, duration: f.Duration, rate: f.Rate, churn: f.Churn, patience: f.Patience}, nil
}
