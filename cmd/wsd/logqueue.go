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
	// logBatch is about how many bytes of them the log gets at once: a write costs
	// more than the making of a line, so that a healthy log would fall behind.
	logBatch = 16 << 10
	// logPatience is how long the log is waited for at the end, and the time between
	// two notices while it goes on losing lines.
	logPatience = time.Second
)

// logQueue keeps the log from holding up the server: a pipe that is read slowly or
// not at all, a terminal stopped by ^S, a disk that does not respond. Lines
// wait in it for the log, and nobody waits for room: what finds none is dropped, as
// on a full disk. How many were lost is then logged. Its methods may be called
// concurrently.
type logQueue struct {
	w      io.Writer
	notice func(lost int) []byte // a line of the log
	wake   chan struct{}         // has an item when there is something for run to do
	ended  chan struct{}         // closed when run has ended

	mu     sync.Mutex
	lines  []logLine      // the oldest first, of which some are being written
	size   int            // bytes of lines
	held   map[string]int // bytes of lines, by their source
	lost   int            // lines dropped since the last notice
	closed bool

	// These belong to run.
	batch []byte
	torn  bool      // the log's last line was cut short
	told  time.Time // when the last notice was written
}

// logLine is a line of the log.
type logLine struct {
	text []byte
	from string // whose stderr it is of, or "" for what the server itself says
}

// newLogQueue starts the queue's goroutine, which close ends. notice makes the
// line that says how many were lost.
func newLogQueue(w io.Writer, notice func(lost int) []byte) *logQueue {
	q := &logQueue{
		w: w, notice: notice,
		wake: make(chan struct{}, 1), ended: make(chan struct{}), held: make(map[string]int),
	}
	go q.run()
	return q
}

// add takes a line, or drops it. It copies text, and does not wait. A line is always
// taken if no other waits: there is none that would never fit.
func (q *logQueue) add(text []byte, from string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.lines) > 0 && len(text) > q.room(from) {
		q.lost++
		return
	}
	q.lines = append(q.lines, logLine{bytes.Clone(text), from})
	q.size += len(text)
	q.held[from] += len(text)
	q.rouse()
}

// room is how many bytes of a source's lines there is room for. stderr's lines have
// half of it, so that they are the first to be dropped, and a source's lines never
// take more than what they leave to others: however much one backend says, another
// that says little is heard. The caller holds q.mu.
func (q *logQueue) room(from string) int {
	if from == "" {
		return logRoom - q.size
	}
	return logRoom/2 - q.size - q.held[from]
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
		closed := q.fill()
		if len(q.batch) > 0 {
			n, err := q.write(q.batch)
			q.took(n, err)
			if err == nil && time.Since(q.told) > logPatience {
				q.tellLost()
			}
			continue
		}
		q.tellLost()
		if closed {
			return
		}
		<-q.wake
	}
}

// fill fills the batch with the lines to write next, if there are any, and reports
// whether there will be no more.
func (q *logQueue) fill() (closed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.batch = q.batch[:0]
	for _, line := range q.lines {
		if len(q.batch) > 0 && len(q.batch)+len(line.text) > logBatch {
			break
		}
		q.batch = append(q.batch, line.text...)
	}
	return q.closed
}

// write writes lines, after ending one that was cut short, and returns how many bytes
// of them the log has.
func (q *logQueue) write(lines []byte) (n int, err error) {
	if q.torn {
		if _, err := q.w.Write([]byte("\n")); err != nil {
			return 0, err
		}
		q.torn = false
	}
	n, err = q.w.Write(lines)
	q.torn = n > 0 && lines[n-1] != '\n'
	return n, err
}

// took takes the lines of n bytes, which have been written, off the queue and, if
// there was an error, the one after them, which is lost.
func (q *logQueue) took(n int, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for n > 0 && n >= len(q.lines[0].text) {
		n -= q.takeFirst()
	}
	if err != nil {
		q.takeFirst()
		q.lost++
	}
}

// takeFirst takes the first line off the queue and returns its length. The caller holds q.mu.
func (q *logQueue) takeFirst() int {
	line := q.lines[0]
	q.lines[0] = logLine{} // or the queue's array would keep it
	q.lines = q.lines[1:]
	q.size -= len(line.text)
	if q.held[line.from] -= len(line.text); q.held[line.from] == 0 {
		delete(q.held, line.from)
	}
	return len(line.text)
}

// tellLost logs how many lines were lost, if any were.
func (q *logQueue) tellLost() {
	q.mu.Lock()
	lost := q.lost
	q.mu.Unlock()
	if lost == 0 {
		return
	}
	if _, err := q.write(q.notice(lost)); err != nil {
		return
	}
	q.told = time.Now()
	q.mu.Lock()
	q.lost -= lost
	q.mu.Unlock()
}
