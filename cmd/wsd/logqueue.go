package main

import (
	"bytes"
	"io"
	"sync"
	"time"
)

const (
	// logRoom is how many bytes of lines may wait for the log to take them.
	logRoom = 1 << 20
	// logPatience is how long the log may take nothing before lines are dropped,
	// and how long it is waited for at the end.
	logPatience = time.Second
)

// logQueue keeps the log from holding up the server: a pipe that nobody reads, a
// terminal stopped by ^S, a disk that does not respond. Lines wait in it, and
// Write waits for room as long as the log takes lines at all; once it has
// stopped, lines are dropped until it takes some again, as on a full disk. How
// many were lost is then logged. Its methods may be called concurrently.
type logQueue struct {
	w      io.Writer
	notice func(lost int) []byte // a line of the log
	wake   chan struct{}         // has an item when there is something for run to do
	ended  chan struct{}         // closed when run has ended

	mu     sync.Mutex
	lines  [][]byte      // the oldest first, which is being written
	size   int           // bytes of lines
	taken  chan struct{} // closed and replaced when the log has taken a line
	stuck  bool          // the log has taken nothing for logPatience
	lost   int           // lines dropped since the last notice
	closed bool

	torn bool // belongs to run: the log's last line was cut short
}

// newLogQueue starts the queue's goroutine, which close ends. notice makes the
// line that says how many were lost.
func newLogQueue(w io.Writer, notice func(lost int) []byte) *logQueue {
	q := &logQueue{
		w: w, notice: notice,
		wake: make(chan struct{}, 1), ended: make(chan struct{}), taken: make(chan struct{}),
	}
	go q.run()
	return q
}

// Write takes a line. It returns no error: there is nowhere to report one.
func (q *logQueue) Write(line []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.lines) > 0 && q.size+len(line) > logRoom && !q.stuck {
		q.awaitRoom()
	}
	if len(q.lines) > 0 && q.size+len(line) > logRoom {
		q.lost++
		return len(line), nil
	}
	q.lines = append(q.lines, bytes.Clone(line))
	q.size += len(line)
	q.rouse()
	return len(line), nil
}

// awaitRoom waits until the log takes a line, or is stuck. The caller holds q.mu,
// which is released meanwhile.
func (q *logQueue) awaitRoom() {
	taken := q.taken
	q.mu.Unlock()
	timer := time.NewTimer(logPatience)
	defer timer.Stop()
	select {
	case <-taken:
		q.mu.Lock()
	case <-timer.C:
		q.mu.Lock()
		q.stuck = q.stuck || q.taken == taken
	}
}

func (q *logQueue) rouse() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// close returns when all lines have been written, or after logPatience at the
// latest. What is written later is lost.
func (q *logQueue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.rouse()
	select {
	case <-q.ended:
	case <-time.After(logPatience):
	}
}

// run writes the lines until the queue is closed and empty.
func (q *logQueue) run() {
	defer close(q.ended)
	for {
		line, over := q.first()
		switch {
		case over:
			return
		case line == nil:
			<-q.wake
		case q.write(line):
			q.took(0)
			q.tellLost()
		default:
			q.took(1)
		}
	}
}

// first returns the line to write next, or nil, and whether there will never be
// one.
func (q *logQueue) first() (line []byte, over bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.lines) == 0 {
		return nil, q.closed
	}
	return q.lines[0], false
}

// write writes a line, after ending one that was cut short, and reports whether
// the log has it.
func (q *logQueue) write(line []byte) bool {
	if q.torn {
		if _, err := q.w.Write([]byte("\n")); err != nil {
			return false
		}
		q.torn = false
	}
	n, err := q.w.Write(line)
	q.torn = err != nil && n > 0
	return err == nil
}

// took removes the first line from the queue. lost is 1 if the log does not have
// it, and 0 otherwise.
func (q *logQueue) took(lost int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.size -= len(q.lines[0])
	q.lines[0] = nil // or the queue's array would keep it
	q.lines = q.lines[1:]
	q.lost += lost
	q.stuck = false
	close(q.taken)
	q.taken = make(chan struct{})
}

// tellLost logs how many lines were lost, if any were, now that the log takes
// lines again.
func (q *logQueue) tellLost() {
	q.mu.Lock()
	lost := q.lost
	q.mu.Unlock()
	if lost == 0 || !q.write(q.notice(lost)) {
		return
	}
	q.mu.Lock()
	q.lost -= lost
	q.mu.Unlock()
}
