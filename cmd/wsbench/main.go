// Command wsbench measures WebSocket servers with a load generator of its own
// raw frames: one server that is already running, or several daemons that take
// websocketd's flags, against each other.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"
)

// Exit statuses: a command line that can't be right, and everything else.
const (
	exitFailure = 1
	exitUsage   = 2
)

func main() {
	err := run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	if err == nil {
		return
	}
	fmt.Fprintf(os.Stderr, "wsbench: error: %v\n", err)
	var usage *usageError
	if errors.As(err, &usage) {
		fmt.Fprintf(os.Stderr, "wsbench: hint: %s\n", usage.hint)
		os.Exit(exitUsage)
	}
	os.Exit(exitFailure)
}

// usageError is a command line that can't be right, with what to do instead.
type usageError struct {
	err  error
	hint string // one sentence, without a full stop
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// streams are the standard streams of a command.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// run parses args and runs the command they name until it has ended or ctx is
// done.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	var f flags
	helped := false
	parser, err := kong.New(&f,
		kong.Name("wsbench"),
		kong.Description(about),
		kong.Vars{"scenarios": strings.Join(scenarioNames(), ", ")},
		kong.Writers(stdout, stderr),
		// kong calls this after --help, and goes on parsing when it returns.
		kong.Exit(func(int) { helped = true }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(streams{in: stdin, out: stdout, err: stderr}),
	)
	if err != nil {
		return fmt.Errorf("reading the flags: %w", err)
	}
	parsed, err := parser.Parse(args)
	if helped {
		return nil
	}
	if err != nil {
		return &usageError{err: err, hint: "wsbench --help lists the commands and flags"}
	}
	return parsed.Run()
}
