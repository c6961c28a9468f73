// Package command has what the command lines of wsbench and wssoak have in common.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"
)

// Exit statuses.
const (
	exitFailure = 1
	exitUsage   = 2 // a command line that can't be right
)

// UsageError is a command line that can't be right.
type UsageError struct {
	error
	Hint string // what to do instead, without a full stop
}

// Usage returns a *UsageError.
func Usage(err error, hint string) error { return &UsageError{err, hint} }

// Streams are the standard streams of a command.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Program is a command line. It can be run once.
type Program struct {
	Name, About string
	Flags       any       // for kong; Run methods may take a context.Context and Streams
	Vars        kong.Vars // for the flags' help
}

// Main runs the program with the process's arguments and streams, and exits.
func (p Program) Main() {
	err := p.Run(context.Background(), os.Args[1:], Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
	if err == nil {
		return
	}
	fmt.Fprintf(os.Stderr, "%s: error: %v\n", p.Name, err)
	var usage *UsageError
	if errors.As(err, &usage) {
		fmt.Fprintf(os.Stderr, "%s: hint: %s\n", p.Name, usage.Hint)
		os.Exit(exitUsage)
	}
	os.Exit(exitFailure)
}

// Run parses args and runs the command that they name until it ends or ctx is
// done.
func (p Program) Run(ctx context.Context, args []string, s Streams) error {
	helped := false
	parser, err := kong.New(p.Flags,
		kong.Name(p.Name),
		kong.Description(p.About),
		p.Vars,
		kong.Writers(s.Out, s.Err),
		// kong calls this after --help, and goes on parsing when it returns.
		kong.Exit(func(int) { helped = true }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(s),
	)
	if err != nil {
		return fmt.Errorf("reading the flags: %w", err)
	}
	parsed, err := parser.Parse(args)
	if helped {
		return nil
	}
	if err != nil {
		return Usage(err, p.Name+" --help lists the flags")
	}
	return parsed.Run()
}
