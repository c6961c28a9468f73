// Command wssoak loads a daemon that understands websocketd's flags with thousands of
// sessions that come and go, for a long time. It checks every message, and in the end
// what the daemon has leaked.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"wsd/cmd/internal/command"
)

const about = `Loads a daemon with thousands of sessions that come and go, checks every message, and looks for leaks in the end.

The exit status is 1 if anything was lost, wrong or leaked. It needs Linux and perl.`

// flags is the whole command line.
type flags struct {
	Daemon   string        `arg:"" help:"The daemon's program. It must understand websocketd's flags."`
	Duration time.Duration `default:"10m" help:"How long the load lasts once all sessions are open."`
	Sessions int           `default:"10000" help:"Sessions at once, on as many daemons as the limit of open files makes necessary."`
	Rate     int           `default:"4000" help:"Messages a second that all clients send together. The backends send as many, and answers."`
	Churn    int           `default:"20" help:"Sessions a second that end, in one of five ways, and are replaced."`
	Patience time.Duration `default:"2m" help:"Take a session for hung after waiting this long."`
}

func main() { program().Main() }

func program() command.Program {
	return command.Program{Name: "wssoak", About: about, Flags: &flags{}}
}

// Run soaks the daemon that the command line names and prints the results. Anything
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
		return nil, command.Usage(errors.New("--duration, --sessions, --rate and --patience must be more than 0, and --churn not less than 0"), "wssoak --help shows the defaults")
	}
	path, err := exec.LookPath(f.Daemon)
	if err != nil {
		return nil, command.Usage(err, "for example: wssoak bin/wsd")
	}
	if !runsHere {
		return nil, command.Usage(errors.New("wssoak needs Linux: it reads /proc"), "run it in a virtual machine")
	}
	p := newPlan(f.Sessions, machineLimits())
	if p.sessions == 0 {
		return nil, fmt.Errorf("there is no room for any session: %s", strings.Join(p.notes, "; "))
	}
	return &soak{command: []string{path}, plan: p, duration: f.Duration, rate: f.Rate, churn: f.Churn, patience: f.Patience, leftover: f.Patience}, nil
}
