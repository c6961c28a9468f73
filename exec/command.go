// Package exec starts backends, carries their three streams, and ends them. It
// knows processes, pipes, terminals and signals, and nothing of HTTP.
package exec

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	osexec "os/exec"
)

// Command says how a backend is started. Its fields are read by Start and
// never changed, so one Command may start any number of processes at once.
type Command struct {
	// Path is the file to execute; it is not looked up in PATH.
	Path string
	// Args are the arguments that follow the program's name.
	Args []string
	// Dir is the working folder; empty means the caller's own.
	Dir string
	// Env is the whole environment, as KEY=VALUE. Unlike os/exec, an empty one
	// means that the process gets no variable at all.
	Env []string
	// PTY makes stdin and stdout one terminal in raw mode; stderr stays a pipe.
	// Start refuses it where PTYSupported is false.
	PTY bool
}

// ErrNoPTY is returned by Start for a Command with PTY set on a platform that
// has no pseudo-terminals.
var ErrNoPTY = errors.New("this platform has no pseudo-terminals")

// Start starts the process as the leader of a process group of its own. The
// caller owns the Process: it reads Stdout and Stderr to their ends, calls Wait
// once, and then Release.
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
		attr.Env = []string{} // nil would mean the server's own environment
	}
	proc, err := startProcess(c.Path, append([]string{c.Path}, c.Args...), attr)
	if err != nil {
		closeFiles(s.stdin, s.stdout, s.stderr)
		return nil, fmt.Errorf("starting backend: %w", err)
	}
	return &Process{
		Stdin:  &Input{file: s.stdin, terminal: c.PTY},
		Stdout: s.stdout,
		Stderr: s.stderr,
		proc:   proc,
	}, nil
}

// streams are the two ends of a process's standard streams: the child's stdin,
// stdout and stderr, and the ends that stay here.
type streams struct {
	child                 [3]*os.File
	stdin, stdout, stderr *os.File
}

func (c *Command) openStreams() (*streams, error) {
	if c.PTY {
		return openTerminal()
	}
	return openPipes()
}

func openPipes() (s *streams, err error) {
	s = &streams{}
	defer func() {
		if err != nil {
			closeFiles(s.child[0], s.child[1], s.child[2], s.stdin, s.stdout, s.stderr)
		}
	}()
	if s.child[0], s.stdin, err = os.Pipe(); err != nil {
		return nil, err
	}
	if s.stdout, s.child[1], err = os.Pipe(); err != nil {
		return nil, err
	}
	s.stderr, s.child[2], err = os.Pipe()
	return s, err
}

func closeFiles(files ...*os.File) {
	for _, f := range files {
		if f != nil {
			f.Close()
		}
	}
}

// LookPath finds an executable as a shell would: a name with a slash is taken
// as it is, any other is looked up in PATH. Unlike a shell it says, when a file
// is there but can't be executed, that this is so.
func LookPath(name string) (string, error) {
	path, err := osexec.LookPath(name)
	if err == nil {
		return path, nil
	}
	var lookup *osexec.Error
	if errors.As(err, &lookup) {
		err = lookup.Err
	}
	if errors.Is(err, osexec.ErrNotFound) {
		err = fs.ErrNotExist
	}
	return "", err
}
