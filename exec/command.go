// Package exec starts backends, carries their three streams, and ends them. It
// knows about processes, pipes, terminals and signals, and nothing about HTTP.
package exec

import (
	"fmt"
	"os"
)

// Command says how a backend is started. Its fields are read by Start and
// never changed, so one Command may start any number of processes at once.
type Command struct {
	// Path is the file to execute; it is not looked up in PATH. A relative path is
	// relative to Dir.
	Path string
	// Args are the arguments that follow the program's name.
	Args []string
	// Dir is the working folder; empty means the caller's own.
	Dir string
	// Env is the whole environment, as KEY=VALUE. Unlike os/exec, an empty one
	// means that the process gets no variables at all.
	Env []string
	// PTY makes stdin and stdout one terminal that passes bytes as they are;
	// stderr stays a pipe. Start refuses it where PTYSupported is false.
	PTY bool
}

// Start starts the process as the leader of its own session and process group. It
// ignores none of the signals that are meant to end a program; on Linux it also blocks
// none, and inherits no descriptor but its three streams. The caller owns the Process:
// it reads Stdout and Stderr to their ends, calls Wait once, and then Release.
func (c *Command) Start() (*Process, error) {
	s, err := c.openStreams()
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", c.Path, err)
	}
	defer closeFiles(s.child[:]...)
	attr := &os.ProcAttr{
		Dir:   c.Dir,
		Env:   c.Env,
		Files: s.child[:],
		Sys:   groupAttr(c.PTY),
	}
	if attr.Env == nil {
		attr.Env = []string{} // os.StartProcess takes nil for the server's own environment
	}
	catchIgnored()
	pid, handle, err := startProcess(c.Path, append([]string{c.Path}, c.Args...), attr)
	if err != nil {
		closeFiles(s.stdin, s.stdout, s.stderr)
		return nil, fmt.Errorf("starting %s: %w", c.Path, c.explain(err))
	}
	return &Process{
		Stdin:   newInput(s.stdin, c.PTY),
		Stdout:  s.stdout,
		Stderr:  s.stderr,
		pid:     pid,
		handle:  handle,
		hurried: make(chan struct{}), abandoned: make(chan struct{}),
	}, nil
}
