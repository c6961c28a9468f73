package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// sessionLog reads a log in JSON, a record in each Write, and tells how the
// session at a path has ended.
type sessionLog struct {
	listening chan string // what the first listener listens on

	mu    sync.Mutex
	text  strings.Builder
	paths map[string]string         // of sessions that have begun
	seen  map[string]bool           // paths of sessions that have begun
	ends  map[string]chan logRecord // by path
	odd   []string                  // what is no JSON

	refused []string // paths of sessions that must not begin
}

func newSessionLog() *sessionLog {
	return &sessionLog{listening: make(chan string, 1), paths: map[string]string{}, seen: map[string]bool{}, ends: map[string]chan logRecord{}}
}

// Write implements io.Writer.
func (l *sessionLog) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(line)
	record, err := parseRecord(line)
	if err != nil {
		l.odd = append(l.odd, string(line))
		return len(line), nil
	}
	switch record.msg {
	case "listening":
		select {
		case l.listening <- record.attrs["url"]:
		default: // another listener
		}
	case "CONNECT":
		l.paths[record.attrs["session"]] = record.attrs["path"]
		l.seen[record.attrs["path"]] = true
	case "DISCONNECT":
		l.end(l.paths[record.attrs["session"]]) <- record
		delete(l.paths, record.attrs["session"])
	}
	return len(line), nil
}

func parseRecord(line []byte) (r logRecord, err error) {
	values := map[string]any{}
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber() // which stay as they are written
	if err := d.Decode(&values); err != nil {
		return r, err
	}
	r.attrs = map[string]string{}
	for name, value := range values {
		r.attrs[name] = fmt.Sprint(value)
	}
	r.msg = r.attrs["msg"]
	return r, nil
}

// end is where the record of a session's end comes. l.mu is held.
func (l *sessionLog) end(path string) chan logRecord {
	if l.ends[path] == nil {
		l.ends[path] = make(chan logRecord, 1)
	}
	return l.ends[path]
}

// ended waits for the end of the session at this path.
func (l *sessionLog) ended(t testing.TB, path string) logRecord {
	t.Helper()
	l.mu.Lock()
	end := l.end(path)
	l.mu.Unlock()
	select {
	case r := <-end:
		return r
	case <-time.After(patience):
		t.Fatalf("the log does not say how the session at %s has ended", path)
		return logRecord{}
	}
}

// refuse makes finish fail if a session at this path ever begins.
func (l *sessionLog) refuse(path string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused = append(l.refused, path)
}

// finish fails the test if the log held anything but records, such as what the
// race detector has found, and shows its end if the test has failed.
func (l *sessionLog) finish(t testing.TB) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.odd) > 0 {
		t.Errorf("no log records:\n%s", strings.Join(l.odd, ""))
	}
	for _, path := range l.refused {
		if l.seen[path] {
			t.Errorf("a session has begun at %s, after a bad handshake", path)
		}
	}
	if t.Failed() {
		text := l.text.String()
		t.Logf("the log ends:\n%s", text[max(0, len(text)-4000):])
	}
}
