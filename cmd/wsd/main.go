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
	"time"

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
	srv, err := openUnlessStopped(cfg, on.stop)
	if srv == nil {
		return err
	}
	if err := f.unprivileged(&cfg); err != nil {
		srv.Close()
		return err
	}
	reserveThreads()
	return serve(ctx, supervise(srv, cfg.Log), on, cfg.Log)
}

// openUnlessStopped returns a server that listens. If a signal to stop comes first,
// it returns nil and no error: the files that a server reads may be on a file system
// that does not answer.
func openUnlessStopped(cfg server.Config, stop <-chan os.Signal) (*server.Server, error) {
	type result struct {
		srv *server.Server
		err error
	}
	opened := make(chan result, 1)
	go func() { // ends with the process if a file hangs; waited for below otherwise
		srv, err := open(cfg)
		opened <- result{srv, err}
	}()
	select {
	case r := <-opened:
		return r.srv, r.err
	case <-stop:
	}
	select {
	case r := <-opened:
		if r.srv != nil {
			r.srv.Close() // or a Unix socket's file would stay
		}
	case <-time.After(endWait):
	}
	return nil, nil
}

// open returns a server that listens, or what the user is told.
func open(cfg server.Config) (*server.Server, error) {
	srv, err := server.New(cfg)
	switch {
	case errors.As(err, new(*guard.FileError)):
		return nil, inFlags(err)
	case err != nil:
		return nil, &usageError{inFlags(err)} // it has looked at nothing but cfg
	}
	if err := srv.Listen(); err != nil {
		return nil, inFlags(err)
	}
	return srv, nil
}
