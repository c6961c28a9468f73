//go:build !race

package server

import (
	"bytes"
	"io"
	"runtime"
	"strings"
	"testing"

	"wsd/server/lazyio"
)

// The pumps allocate nothing for a message. The race detector makes sync.Pool
// forget at random, so these tests run without it.

func TestLinesOfAllSizesAllocateNothing(t *testing.T) {
	for _, bs := range benchSizes {
		line := []byte(strings.Repeat("x", bs.size) + "\r\n")
		block := bytes.Repeat(line, max(1, lazyio.BufferSize/len(line)))
		f := framer{frames: make([]byte, 0, len(frameBuffer{}))}
		if n := testing.AllocsPerRun(100, func() { frameBlock(&f, block) }); n != 0 {
			t.Errorf("%s: %v allocations for a block of lines", bs.name, n)
		}
	}
}

// Tagged lines have a buffer that is kept, too.
func TestTaggedLinesAllocateNothing(t *testing.T) {
	block := bytes.Repeat([]byte("some \"words\"\n"), 1000)
	f := framer{frames: make([]byte, 0, len(frameBuffer{})), encode: tagger("stdout")}
	if n := testing.AllocsPerRun(100, func() { f.frames = f.frames[:0]; f.addLines(block, 0) }); n != 0 {
		t.Errorf("%v allocations for a block of lines", n)
	}
}

// A run here takes as many messages as come in 8 MiB, and is the whole life of
// a pump, which may cost some allocations.
func TestTakingFramesAllocatesNothing(t *testing.T) {
	for _, bs := range benchSizes {
		frames, messages := benchFrames(bs.size)
		rounds := max(1, 8<<20/len(frames))
		n := testing.AllocsPerRun(5, func() {
			r := receiver(t, &endless{frames: frames, left: rounds * len(frames)})
			if err := r.takeFrames(); err != io.EOF || r.in.messages != uint64(rounds*messages) {
				t.Fatalf("%v after %d messages", err, r.in.messages)
			}
		})
		if n > 50 {
			t.Errorf("%s: %v allocations for %d messages", bs.name, n, rounds*messages)
		}
	}
}

// mallocs is how many allocations f makes, in all of the process.
func mallocs(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.GC() // a collection in f would empty the pools
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.Mallocs - before.Mallocs
}

// Through a live session, from socket to stdin and from stdout to socket, a
// million messages each way.
func TestStreamAllocatesNothing(t *testing.T) {
	for _, tt := range []struct {
		name        string
		size, count int
	}{{"64B", 64, 1_000_000}, {"1KiB", 1 << 10, 200_000}, {"500KB", 500_000, 500}} {
		t.Run(tt.name, func(t *testing.T) {
			s := serveSteps(t, "echo")
			w := newSwallower(s.client(t))
			frames, messages := benchFrames(tt.size)
			rounds := make(chan int)
			sent := make(chan error, 2)
			go func() { // ends with rounds, which is closed below
				for count := range rounds {
					sent <- writeFrames(w.conn, frames, messages, count)
				}
			}()
			defer close(rounds)
			pass := func(count int) {
				want := w.counter.done + count
				rounds <- count
				w.mustRead(t, want)
				if err := <-sent; err != nil {
					t.Fatal(err)
				}
			}
			pass(tt.count / 10) // after which all is warm
			if n := mallocs(func() { pass(tt.count) }); n > 300 {
				t.Errorf("%d allocations for %d messages each way", n, tt.count)
			} else {
				t.Logf("%d allocations for %d messages each way", n, tt.count)
			}
		})
	}
}

// Nor do messages that come one by one, each with a wait before it.
func TestRoundTripsAllocateNothing(t *testing.T) {
	s := serveSteps(t, "echo")
	w := newSwallower(s.client(t))
	frame := textFrame("hello")
	trips := func(count int) {
		for range count {
			if _, err := w.conn.Write(frame); err != nil {
				t.Fatal(err)
			}
			w.mustRead(t, w.counter.done+1)
		}
	}
	trips(100)
	const count = 10_000
	if n := mallocs(func() { trips(count) }); n > 300 {
		t.Errorf("%d allocations for %d messages each way", n, count)
	} else {
		t.Logf("%d allocations for %d messages each way", n, count)
	}
}
