// Command wssoak loads a daemon that takes websocketd's flags with thousands of
// sessions that come and go, for a long time, and checks every message and what
// is left in the end.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"wsd/cmd/internal/command"
)

const about = `Loads a daemon with thousands of sessions that come and go, and checks every message and what is left in the end.

The exit status is 1 if anything was lost, wrong or left. It needs Linux and perl.`

// flags is the whole command line.
type flags struct {
	Daemon   string        `arg:"" help:"The daemon's program, which takes websocketd's flags."`
	Duration time.Duration `default:"10m" help:"How long all sessions stay up, once they are."`
	Sessions int           `default:"10000" help:"Sessions at once, over as many daemons as their limit of descriptors needs."`
	Rate     int           `default:"4000" help:"Messages a second that the clients send together, and the backends, who also answer."`
	Churn    int           `default:"20" help:"Sessions a second that end, each in one of five ways, and are replaced."`
	Patience time.Duration `default:"2m" help:"When a wait for one session is given up as hung."`
}

func main() { program().Main() }

func program() command.Program {
	return command.Program{Name: "wssoak", About: about, Flags: &flags{}}
}

// Run soaks the daemon of the command line and prints what it found. Anything
// lost, wrong or leaked is an error.
func (f *flags) Run(ctx context.Context, w command.Streams) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	s, err := f.soak()
	if err != nil {
		return err
	}
	for _, note := range s.plan.notes {
		fmt.Fprintf(w.Err, "wssoak: %s\n", note)
	}
	fmt.Fprintf(w.Err, "wssoak: %v\n", s.plan)
	s.progress = w.Err
	if err := s.run(ctx); err != nil {
		s.counts.tell(w.Err)
		return err
	}
	if err := s.report(w.Out); err != nil {
		return err
	}
	return s.verdict()
}

// soak checks the flags.
func (f *flags) soak() (*soak, error) {
	if f.Duration <= 0 || f.Patience <= 0 || f.Sessions < 1 || f.Rate < 1 || f.Churn < 0 {
		return nil, command.Usage(errors.New("--duration, --sessions, --rate and --patience must be more than 0, and --churn not less"), "leave them out for 10m, 10000, 4000, 2m and 20")
	}
	path, err := exec.LookPath(f.Daemon)
	if err != nil {
		return nil, command.Usage(err, "DAEMON is the daemon's program, for example bin/wsd")
	}
	if !runsHere {
		return nil, command.Usage(errors.New("a soak needs Linux: it looks into /proc"), "run it in a virtual machine")
	}
	p := newPlan(f.Sessions, machineLimits())
	if p.sessions == 0 {
		return nil, fmt.Errorf("no session fits: %v", p.notes)
	}
	return &soak{command: []string{path}, plan: p, duration: f.Duration, rate: f.Rate, churn: f.Churn, patience: f.Patience, leftover: f.Patience}, nil
}
