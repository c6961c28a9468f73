package line

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

func TestWriter(t *testing.T) {
	var text strings.Builder
	w := NewWriter(&text)
	for _, v := range []any{1, "<two>"} {
		if err := w.Tell(v); err != nil {
			t.Fatal(err)
		}
	}
	if ok, err := w.Offer(nil); !ok || err != nil {
		t.Errorf("Offer: %v, %v", ok, err)
	}
	if err := w.Tell(func() {}); err == nil {
		t.Error("a function was encoded")
	}
	w.Close(time.Minute)
	if want := "1\n\"\\u003ctwo\\u003e\"\nnull\n"; text.String() != want {
		t.Errorf("got %q, want %q", text.String(), want)
	}
}

// TestWriterFlushes reads a line while the Writer is open.
func TestWriterFlushes(t *testing.T) {
	r, out := io.Pipe()
	w := NewWriter(out)
	defer w.Close(time.Minute)
	lines := bufio.NewReader(r)
	for range 3 {
		if err := w.Send(t.Context(), []byte("{}")); err != nil {
			t.Fatal(err)
		}
		if text, err := lines.ReadString('\n'); text != "{}\n" || err != nil {
			t.Errorf("got %q, %v", text, err)
		}
	}
}

// TestSlowClient has a client that reads nothing, and then leaves.
func TestSlowClient(t *testing.T) {
	r, out := io.Pipe()
	w := NewWriter(out)
	offered := 0
	for ok := true; ok; offered++ {
		ok, _ = w.Offer(offered)
	}
	told := 0
	for ; w.Tell(told) == nil; told++ {
	}
	if told < waiting/4 || offered+told > 2*waiting+2 {
		t.Errorf("%d lines offered, %d told", offered, told)
	}
	if err := w.Tell(1); !errors.Is(err, ErrSlow) {
		t.Errorf("got %v, want ErrSlow", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.Send(gone, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	r.Close()
	<-w.Done()
	if err := w.Send(t.Context(), nil); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v, want %v", err, io.ErrClosedPipe)
	}
	w.Close(time.Minute)
}
