package servertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// A Record is a line of the log: the text of each attribute by its name, that of
// an attribute in a group by "group.name". A duration is a number of nanoseconds.
type Record map[string]string

// parseRecord returns nil for a line that is not a JSON object.
func parseRecord(line []byte) Record {
	var object map[string]any
	numbers := json.NewDecoder(bytes.NewReader(line))
	numbers.UseNumber()
	if numbers.Decode(&object) != nil || object == nil {
		return nil
	}
	r := Record{}
	r.add("", object)
	return r
}

func (r Record) add(group string, object map[string]any) {
	for name, value := range object {
		if inner, ok := value.(map[string]any); ok {
			r.add(group+name+".", inner)
		} else {
			r[group+name] = fmt.Sprint(value)
		}
	}
}

// Is reports whether r has these attributes: pairs of name and value. A value of
// the form "…part…" stands for all that contain the part.
func (r Record) Is(pairs ...string) bool {
	for i := 0; i < len(pairs); i += 2 {
		got, want := r[pairs[i]], pairs[i+1]
		if part := strings.Trim(want, "…"); part != want && strings.Contains(got, part) {
			continue
		}
		if got != want {
			return false
		}
	}
	return true
}

// Want fails the test for each attribute that differs; see Is.
func (r Record) Want(t testing.TB, pairs ...string) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !r.Is(pairs[i : i+2]...) {
			t.Errorf("%s: %s is %q, want %q", r["msg"], pairs[i], r[pairs[i]], pairs[i+1])
		}
	}
}

// A Log is what a process or a logger has written so far. It may be written to and
// waited for at the same time. Its zero value is an empty one.
type Log struct {
	mu      sync.Mutex
	text    []byte
	begun   int           // where in text the unfinished last line begins
	records []Record      // the lines that are JSON
	other   []string      // the lines that are not
	changed chan struct{} // closed by the next write, once somebody waits for it
	ended   bool
}

// Write adds text, in pieces of any size. It returns no error.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	for {
		line, _, whole := bytes.Cut(l.text[l.begun:], []byte("\n"))
		if !whole {
			break
		}
		if r := parseRecord(line); r != nil {
			l.records = append(l.records, r)
		} else {
			l.other = append(l.other, string(line))
		}
		l.begun += len(line) + 1
	}
	l.announce()
	return len(p), nil
}

// End says that no more will be written: whoever waits gets an answer now.
func (l *Log) End() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	l.announce()
}

func (l *Log) announce() {
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

// Copy writes all of r, and ends the log.
func (l *Log) Copy(r io.Reader) {
	io.Copy(l, r)
	l.End()
}

// Logger returns a logger whose records of all levels are written to l.
func (l *Log) Logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(l, &slog.HandlerOptions{Level: slog.Level(math.MinInt)}))
}

// All returns the records so far with this message and these attributes; see Is.
// An empty message stands for any.
func (l *Log) All(msg string, pairs ...string) []Record {
	l.mu.Lock()
	defer l.mu.Unlock()
	return matching(l.records, msg, pairs)
}

func matching(records []Record, msg string, pairs []string) (found []Record) {
	for _, r := range records {
		if (msg == "" || r.Is("msg", msg)) && r.Is(pairs...) {
			found = append(found, r)
		}
	}
	return found
}

// Wait returns the first record with this message and these attributes, once it is
// there.
func (l *Log) Wait(t testing.TB, msg string, pairs ...string) Record {
	t.Helper()
	return l.WaitN(t, 1, msg, pairs...)[0]
}

// WaitN returns all such records, once there are n.
func (l *Log) WaitN(t testing.TB, n int, msg string, pairs ...string) (found []Record) {
	t.Helper()
	seen := 0
	if !l.until(func() bool {
		found = append(found, matching(l.records[seen:], msg, pairs)...)
		seen = len(l.records)
		return len(found) >= n
	}) {
		t.Fatalf("the log has %d of %d records %q with %q:\n%s", len(found), n, msg, pairs, l)
	}
	return found
}

// WaitText returns the nth part of the text that matches the pattern, and its
// groups, once it is there: for the logs of other programs.
func (l *Log) WaitText(t testing.TB, n int, pattern string) []string {
	t.Helper()
	expression := regexp.MustCompile(pattern)
	var found [][]string
	if !l.until(func() bool { found = expression.FindAllStringSubmatch(string(l.text), n); return len(found) == n }) {
		t.Fatalf("the log has %d of %d times %q:\n%s", len(found), n, pattern, l)
	}
	return found[n-1]
}

// until waits until enough, which is called with l.mu held, returns true. It
// reports whether it has.
func (l *Log) until(enough func() bool) bool {
	patience := time.NewTimer(Patience)
	defer patience.Stop()
	for {
		l.mu.Lock()
		done, ended := enough(), l.ended
		if l.changed == nil {
			l.changed = make(chan struct{})
		}
		changed := l.changed
		l.mu.Unlock()
		if done || ended {
			return done
		}
		select {
		case <-changed:
		case <-patience.C:
			return false
		}
	}
}

// Other returns the lines that are not records, and the unfinished last line.
func (l *Log) Other() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(append(l.other[:len(l.other):len(l.other)], string(l.text[l.begun:])), "\n")
}

// Text returns all that has been written.
func (l *Log) Text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

// String returns the end of Text, for a test that has failed.
func (l *Log) String() string {
	const enough = 64 << 10
	text := l.Text()
	if len(text) > enough {
		return "…" + text[len(text)-enough:]
	}
	return text
}
