//go:build e2e && unix

package proxy_test

import (
	"context"
	"fmt"
	"regexp"
	"sync"
)

// A journal is what a process has logged so far. It may be written to and waited
// for at the same time.
type journal struct {
	mu      sync.Mutex
	text    []byte
	changed chan struct{} // closed and replaced by each write
}

func newJournal() *journal { return &journal{changed: make(chan struct{})} }

// Write appends p. It returns no error.
func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.text = append(j.text, p...)
	close(j.changed)
	j.changed = make(chan struct{})
	return len(p), nil
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return string(j.text)
}

// find waits until the pattern has been logged n times, and returns the last of
// them with its groups. ended is closed when nothing more will be logged.
func (j *journal) find(ctx context.Context, ended <-chan struct{}, pattern string, n int) ([]string, error) {
	expression := regexp.MustCompile(pattern)
	for over := false; ; {
		j.mu.Lock()
		found, changed := expression.FindAllStringSubmatch(string(j.text), n), j.changed
		j.mu.Unlock()
		if len(found) == n {
			return found[n-1], nil
		}
		if over {
			return nil, fmt.Errorf("it has ended and not logged %q", pattern)
		}
		select {
		case <-changed:
		case <-ended:
			over = true // one last look
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for %q in its log: %w", pattern, ctx.Err())
		}
	}
}
