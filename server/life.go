package server

import (
	"context"
	"errors"
	"sync"

	"wsd/exec"
)

// phase is a stage in a server's life. It only ever advances.
type phase int

const (
	serving  phase = iota
	draining       // health checks fail, everything else goes on
	closing        // nothing new begins, and sessions end
	killed         // processes are killed at once, too
)

var errClosing = errors.New("the server is shutting down")

// life holds the phase of a server, and the sessions, CGI requests and processes
// that it waits for. Its methods may be called concurrently.
type life struct {
	// closing is done when the server closes in an orderly way, and killed when it
	// is killed; either may come without the other. The cause of both is
	// errClosing.
	closing, killed context.Context

	mu          sync.Mutex
	phase       phase
	close, kill context.CancelCauseFunc
	sessions    int
	running     map[*exec.Process]struct{} // of sessions and of CGI requests
	ended       sync.WaitGroup             // one for each session and CGI request
}

func newLife() *life {
	l := &life{running: make(map[*exec.Process]struct{})}
	l.closing, l.close = context.WithCancelCause(context.Background())
	l.killed, l.kill = context.WithCancelCause(context.Background())
	return l
}

// reach advances to the phase p, unless that has been reached already.
func (l *life) reach(p phase) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.phase = max(l.phase, p)
	switch p {
	case closing:
		l.close(errClosing)
	case killed: // sessions and requests end with their processes
		l.kill(errClosing)
		for p := range l.running {
			p.Kill()
		}
	}
}

// has reports whether the phase p has been reached.
func (l *life) has(p phase) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.phase >= p
}

// enter registers a session or a CGI request, which wait then waits for. It returns
// false, and registers nothing, once the server is closing. Each enter that
// succeeds is matched by one leave.
func (l *life) enter() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.phase >= closing {
		return false
	}
	l.ended.Add(1)
	return true
}

func (l *life) leave() { l.ended.Done() }

// wait returns when everything that has entered has left. It is called in the phase
// closing.
func (l *life) wait() { l.ended.Wait() }

// countSessions adds n to the number of open WebSockets, and returns it.
func (l *life) countSessions(n int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sessions += n
	return l.sessions
}

// start starts a process and keeps track of it until release.
func (l *life) start(command *exec.Command) (*exec.Process, error) {
	p, err := command.Start()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running[p] = struct{}{}
	if l.phase >= killed {
		p.Kill()
	}
	return p, nil
}

// release closes a process's streams and forgets it.
func (l *life) release(p *exec.Process) {
	p.Release()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.running, p)
}

// hurry makes all processes end without Config.CloseDelay.
func (l *life) hurry() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for p := range l.running {
		p.Hurry()
	}
}
