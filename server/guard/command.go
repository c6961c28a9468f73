package guard

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"wsd/exec"
	"wsd/server/lazyio"
)

// maxOutput bounds what the program of a Command may print, in bytes.
const maxOutput = 64 << 10

// The program's exit statuses that refuse a client.
const (
	Unauthorized = 1
	Forbidden    = 2
)

var (
	errSlow   = errors.New("it gave no answer in time")
	errOutput = errors.New("it printed more than 64 KiB")
)

// Command is a program that decides who may connect. Run may be called
// concurrently; the fields must not change meanwhile.
type Command struct {
	Words   []string      // the program's path and its arguments
	Timeout time.Duration // how long the program may take

	// Start starts a process, and Release is given each that Start has returned,
	// once it has ended.
	Start   func(*exec.Command) (*exec.Process, error)
	Release func(*exec.Process)
}

// Run runs the program to its end, with the environment env. It returns how the
// program ended and, after status 0, a copy of env with the variables that it has
// printed. What it writes to stderr is logged.
//
// If ctx is done or c.Timeout is over first, the program is killed; the error is
// ctx's cause, or says that the program was too slow. Output that can't be used
// is an error, too.
func (c *Command) Run(ctx context.Context, log *slog.Logger, env []string) ([]string, exec.Status, error) {
	proc, err := c.Start(&exec.Command{Path: c.Words[0], Args: c.Words[1:], Env: env})
	if err != nil {
		return nil, exec.Status{}, err
	}
	defer c.Release(proc)
	ctx, cancel := context.WithTimeoutCause(ctx, c.Timeout, errSlow)
	defer cancel()
	watched := make(chan struct{})
	go func() { // ends when ctx is done, at the latest by cancel below; waited for there
		defer close(watched)
		<-ctx.Done()
		proc.Kill()
		proc.Abandon()
	}()
	output, status := hear(proc, log.With("pid", proc.PID()))
	err = context.Cause(ctx) // before cancel sets another
	if err == nil && len(output) > maxOutput {
		err = errOutput
	}
	cancel()
	<-watched
	if err == nil && status.OK() {
		env, err = addVariables(env, output)
	}
	return env, status, err
}

// hear reads what the program prints and waits for its end. A program that prints
// too much is killed.
func hear(proc *exec.Process, log *slog.Logger) ([]byte, exec.Status) {
	stderrRead := make(chan struct{})
	go func() { // ends with stderr, or by the deadline below; waited for there
		defer close(stderrRead)
		lazyio.DrainLines(proc.Stderr, func(line []byte) {
			log.Log(context.Background(), lazyio.LevelStderr, "authcmd stderr", "line", string(line))
		})
	}()
	proc.Stdin.Close(0)
	output, _ := io.ReadAll(io.LimitReader(proc.Stdout, maxOutput+1))
	if len(output) > maxOutput {
		proc.Kill()
	}
	status := proc.Wait()
	if errors.Is(status.Err, exec.ErrStays) {
		log.Warn("the program of {AuthCommand} is given up, and still runs", "err", status.Err)
	}
	proc.Stderr.SetReadDeadline(time.Now())
	<-stderrRead
	return output, status
}
