package files

import (
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// TestPass fills the gate: who comes then waits, but not once it has left.
func TestPass(t *testing.T) {
	var inside, ended sync.WaitGroup
	release := make(chan struct{})
	inside.Add(GateWidth)
	for range GateWidth {
		ended.Go(func() { // ends with release; awaited below
			Pass(t.Context(), func() { inside.Done(); <-release })
		})
	}
	inside.Wait()
	ctx, leave := context.WithCancel(t.Context())
	leave()
	if err := Pass(ctx, func() { t.Error("the gate is too wide") }); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want %v", err, context.Canceled)
	}
	close(release)
	ended.Wait()
	passed := false
	if err := Pass(t.Context(), func() { passed = true }); err != nil || !passed {
		t.Errorf("passed: %v, %v", passed, err)
	}
}

// stalledWriter is the answer to a client that takes nothing until release is closed.
type stalledWriter struct {
	*httptest.ResponseRecorder
	writing *sync.WaitGroup
	once    sync.Once
	release chan struct{}
}

func (w *stalledWriter) Write(p []byte) (int, error) {
	w.once.Do(w.writing.Done)
	<-w.release
	return w.ResponseRecorder.Write(p)
}

// TestStaticStalled has more clients that take nothing than may read at once: they
// keep nobody from reading.
func TestStaticStalled(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "big"), make([]byte, 1<<20), 0o666); err != nil {
		t.Fatal(err)
	}
	s := &Static{Dir: dir}
	var writing, ended sync.WaitGroup
	release := make(chan struct{})
	for range 2 * GateWidth {
		writing.Add(1)
		ended.Go(func() { // ends with release; awaited below
			w := &stalledWriter{ResponseRecorder: httptest.NewRecorder(), writing: &writing, release: release}
			if !s.Serve(w, httptest.NewRequest("GET", "/big", nil)) || w.Body.Len() != 1<<20 {
				t.Errorf("%d bytes were served", w.Body.Len())
			}
		})
	}
	writing.Wait()
	close(release)
	ended.Wait()
}
