// Command relay is a backend for wsd that connects the clients of all wsd processes
// through a broker. It reads lines of JSON from stdin and writes lines of JSON to
// stdout; README.md describes them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"wsd/examples/relay/agents"
	"wsd/examples/relay/broker"
	"wsd/examples/relay/line"
	"wsd/examples/relay/room"
)

const usage = `usage: relay agents|room

  agents   connects agents with pages from the same address (REMOTE_ADDR)
  room     a canvas for all visitors of a room (QUERY_STRING, room=NAME)

The broker is the nats-server at NATS_URL, or at ` + defaultBroker + `
`

const defaultBroker = "nats://127.0.0.1:4222"

// errUsage is a wrong command line.
var errUsage = errors.New("the argument must be agents or room")

func main() {
	// SIGINT and SIGTERM end a session as the end of stdin does. A write to a
	// closed stdout must not end the process before the others learn of it.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout)
	stop()
	switch {
	case err == nil:
	case errors.Is(err, flag.ErrHelp):
		fmt.Print(usage)
	case errors.Is(err, errUsage):
		fmt.Fprintf(os.Stderr, "relay: error: %v\n%s", err, usage)
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "relay: error:", err)
		os.Exit(1)
	}
}

// run serves one client. If the client has not left, its last line tells it the
// error.
func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout io.Writer) error {
	role, err := parse(args)
	if err != nil {
		return err
	}
	out := line.NewWriter(stdout)
	defer out.Close(time.Second)
	err = serve(ctx, role, getenv, stdin, out)
	if err == nil || ctx.Err() != nil {
		return nil
	}
	// Fails for a client that reads nothing: it can't be told.
	_ = out.Tell(fault(err).Line())
	return err
}

// fault is what the client may know about an error.
func fault(err error) *line.Error {
	if fault, ok := errors.AsType[*line.Error](err); ok {
		return fault
	}
	if errors.Is(err, line.ErrSlow) {
		return &line.Error{Code: "slow", Message: err.Error()}
	}
	// The client must not learn where the broker is and what is wrong with it.
	return &line.Error{Code: "broker", Message: "the broker is unreachable; try again later"}
}

// parse returns the role that the arguments name.
func parse(args []string) (string, error) {
	flags := flag.NewFlagSet("relay", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return "", err
	}
	if role := flags.Arg(0); flags.NArg() == 1 && (role == "agents" || role == "room") {
		return role, nil
	}
	return "", errUsage
}

// serve connects to the broker and does the work.
func serve(ctx context.Context, role string, getenv func(string) string, stdin io.Reader, out *line.Writer) error {
	url := getenv("NATS_URL")
	if url == "" {
		url = defaultBroker
	}
	conn, err := broker.Connect(ctx, url, "relay "+role)
	if err != nil {
		return err
	}
	defer conn.Close()
	in := line.Read(stdin, ctx.Done())
	if role == "room" {
		return room.Run(ctx, getenv("QUERY_STRING"), conn, in, out)
	}
	return agents.Run(ctx, getenv("REMOTE_ADDR"), conn, in, out)
}
