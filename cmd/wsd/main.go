// Command wsd turns any program that reads stdin and writes stdout into a
// WebSocket server: each WebSocket gets a process of its own, a message is a
// line on its stdin, and a line on its stdout is a message.
package main

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"

	"wsd/server"
	"wsd/server/guard"
)

func main() {
	err := run(context.Background(), os.Args[1:], os.Stdout, os.Stderr)
	reportWithin(logPatience, forErrors(os.Stderr), err)
	os.Exit(exitStatus(err))
}

// run is main without the process around it: args are the words after the
// program's name. It returns when the answer to --help or another such flag is on
// stdout, or when the server has ended: by ctx, by a signal or by an error. The
// log goes to stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f, err := parse(args)
	if err != nil {
		return err
	}
	switch {
	case f.Help:
		return writeHelp(stdout)
	case f.Version:
		return writeVersion(stdout)
	case f.License:
		return writeLicense(stdout)
	case f.Man:
		return writeMan(stdout)
	case f.Completion != nil:
		return writeCompletion(stdout, *f.Completion)
	}
	if f.Inherited, err = inherit(); err != nil {
		return err
	}
	cfg, err := f.config(slices.DeleteFunc(os.Environ(), isManaged))
	if err != nil {
		return err
	}
	log := f.openLog(stderr)
	defer log.close()
	cfg.Log = log.Logger
	f.warnMisplaced(cfg.Log, args)
	on := notify() // before the first listener is announced
	srv, err := server.New(cfg)
	switch {
	case errors.As(err, new(*guard.FileError)):
		return inFlags(err)
	case err != nil:
		return &usageError{inFlags(err)} // it has looked at nothing but cfg
	}
	if err := srv.Listen(); err != nil {
		return inFlags(err)
	}
	if err := f.unprivileged(&cfg); err != nil {
		srv.Close()
		return err
	}
	reserveThreads()
	return serve(ctx, supervise(srv, cfg.Log), on, cfg.Log)
}
