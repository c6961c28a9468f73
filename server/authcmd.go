package server

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"wsd/exec"
	"wsd/server/lazyio"
)

const (
	// authTimeout is how long the program of Config.AuthCommand may take.
	authTimeout = 5 * time.Second
	// maxAuthOutput bounds what it may print, in bytes.
	maxAuthOutput = 64 << 10
)

// The exit statuses of the program that are answers, besides 0.
const (
	authUnauthorized = 1
	authForbids      = 2
)

var (
	errAuthSlow   = errors.New("it gave no answer in time")
	errAuthOutput = errors.New("it printed more than 64 KiB")
)

// authorize runs the program of Config.AuthCommand with the environment of the
// backend that r asks for, and adds the variables that it prints to that. It has
// the request's place of MaxForks meanwhile. It answers a request that it
// refuses, and reports false.
func (s *Server) authorize(w *response, r *httpRequest, id string, backend *exec.Command) bool {
	if len(s.cfg.AuthCommand) == 0 {
		return true
	}
	log := s.log.With("session", id)
	output, status, err := s.runAuth(r.Context(), log, backend.Env)
	if err == nil && status.OK() {
		backend.Env, err = addVariables(backend.Env, output)
	}
	switch {
	case errors.Is(err, errClosing):
		refuseClosing(w)
	case r.Context().Err() != nil: // nobody is there to be answered
		w.WriteHeader(http.StatusServiceUnavailable)
	case err != nil:
		log.Error("the program of --authcmd failed", "err", err)
		refuseUnsure(w)
	case status.OK():
		return true
	case status.Code == authUnauthorized:
		// Without a challenge: which one the program would take is not known, and
		// at Basic a browser asks for a password that may not exist.
		refuse(w, http.StatusUnauthorized, "you are not known here")
	case status.Code == authForbids:
		refuse(w, http.StatusForbidden, "you may not connect")
	default:
		log.Error("the program of --authcmd failed", "exit", status.String())
		refuseUnsure(w)
	}
	return false
}

func refuseUnsure(w http.ResponseWriter) {
	refuse(w, http.StatusServiceUnavailable, "the server could not find out who may connect")
}

// runAuth runs the program to its end and returns what it has printed and how it
// ended. The program is killed, and that is an error, when ctx is done or the
// server closed before. That a client has left is not seen if it has sent anything
// behind its handshake, since net/http reads no further; the time limit holds.
func (s *Server) runAuth(ctx context.Context, log *slog.Logger, env []string) ([]byte, exec.Status, error) {
	proc, err := s.life.start(&exec.Command{Path: s.cfg.AuthCommand[0], Args: s.cfg.AuthCommand[1:], Env: env})
	if err != nil {
		return nil, exec.Status{}, err
	}
	defer s.life.release(proc)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(s.authTimeout, func() { cancel(errAuthSlow) })
	defer timer.Stop()
	watched := make(chan struct{})
	go func() { // ends when ctx is done, which it is by cancel below; waited for there
		defer close(watched)
		select {
		case <-s.life.closing.Done():
			cancel(errClosing)
		case <-ctx.Done():
		}
		proc.Kill()
		proc.Abandon()
	}()
	output, status := hearAuth(proc, log.With("pid", proc.PID()))
	err = context.Cause(ctx) // before it is cancelled here
	if err == nil && len(output) > maxAuthOutput {
		err = errAuthOutput
	}
	cancel(nil)
	<-watched
	return output, status, err
}

// hearAuth reads what the program prints and waits for its end. A program that
// prints too much is killed.
func hearAuth(proc *exec.Process, log *slog.Logger) ([]byte, exec.Status) {
	stderrRead := make(chan struct{})
	go func() { // ends with stderr, or by the deadline below; waited for there
		defer close(stderrRead)
		lazyio.DrainLines(proc.Stderr, func(line []byte) { log.Info("authcmd stderr", "line", string(line)) })
	}()
	proc.Stdin.Close(0)
	output, _ := io.ReadAll(io.LimitReader(proc.Stdout, maxAuthOutput+1))
	if len(output) > maxAuthOutput {
		proc.Kill()
	}
	status := proc.Wait()
	proc.Stderr.SetReadDeadline(time.Now())
	<-stderrRead
	return output, status
}
