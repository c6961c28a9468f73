package faults_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// A journal is what a wsd with --logformat=json has logged so far. It may be
// written to and waited for at the same time.
type journal struct {
	mu      sync.Mutex
	partial []byte        // a line that has begun
	records []record      // of the log
	other   []string      // lines that are no records
	changed chan struct{} // closed and replaced by each write
}

// A record is a line of the log.
type record map[string]any

func newJournal() *journal { return &journal{changed: make(chan struct{})} }

// Write returns no error.
func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.partial = append(j.partial, p...)
	for {
		line, rest, whole := bytes.Cut(j.partial, []byte("\n"))
		if !whole {
			break
		}
		var r record
		if json.Unmarshal(line, &r) == nil {
			j.records = append(j.records, r)
		} else {
			j.other = append(j.other, string(line))
		}
		j.partial = rest
	}
	close(j.changed)
	j.changed = make(chan struct{})
	return len(p), nil
}

// text is an attribute as text; "" when there is none.
func (r record) text(name string) string {
	if value, ok := r[name]; ok {
		return fmt.Sprint(value)
	}
	return ""
}

// is reports whether the record has these attributes: pairs of name and value. A
// value such as "…part…" stands for all that hold it.
func (r record) is(pairs ...string) bool {
	for i := 0; i < len(pairs); i += 2 {
		got, want := r.text(pairs[i]), pairs[i+1]
		if part := strings.Trim(want, "…"); part != want && strings.Contains(got, part) {
			continue
		}
		if got != want {
			return false
		}
	}
	return true
}

// want fails the test unless the attributes are exactly these.
func (r record) want(t *testing.T, pairs ...string) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if got := r.text(pairs[i]); got != pairs[i+1] {
			t.Errorf("%s: %s is %q, want %q", r.text("msg"), pairs[i], got, pairs[i+1])
		}
	}
}

// find returns the records with these attributes, so far, and a channel that is
// closed when there may be more.
func (j *journal) find(pairs ...string) ([]record, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var found []record
	for _, r := range j.records {
		if r.is(pairs...) {
			found = append(found, r)
		}
	}
	return found, j.changed
}

// await returns the first record with these attributes, once it is there.
func (j *journal) await(t *testing.T, pairs ...string) record {
	t.Helper()
	return j.awaitAll(t, 1, pairs...)[0]
}

// awaitAll returns the first n records with these attributes, once they are there.
func (j *journal) awaitAll(t *testing.T, n int, pairs ...string) []record {
	t.Helper()
	timeout := time.After(patience)
	for {
		found, more := j.find(pairs...)
		if len(found) >= n {
			return found[:n]
		}
		select {
		case <-more:
		case <-timeout:
			t.Fatalf("the log has %d of %d records with %q", len(found), n, pairs)
		}
	}
}

// strange returns the lines that are no records.
func (j *journal) strange() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Join(append(j.other, string(j.partial)), "\n")
}

func (j *journal) String() string {
	records, _ := j.find()
	var s strings.Builder
	for _, r := range records[max(0, len(records)-30):] {
		line, _ := json.Marshal(r)
		fmt.Fprintf(&s, "%.500s\n", line)
	}
	strange := j.strange() // which may be the stacks of all goroutines
	return s.String() + strange[:min(len(strange), 2000)]
}
