package session

import (
	"bytes"
	"strings"
	"testing"

	"wsd/server/lazyio"
)

// benchSizes are the sizes of messages, in bytes. The last one is longer than any
// buffer.
var benchSizes = []struct {
	name string
	size int
}{{"64B", 64}, {"1KiB", 1 << 10}, {"500KB", 500_000}}

// BenchmarkLines is the framer alone: a message an operation.
func BenchmarkLines(b *testing.B) {
	for _, bs := range benchSizes {
		b.Run(bs.name, func(b *testing.B) {
			b.SetBytes(int64(bs.size))
			b.ReportAllocs()
			line := []byte(strings.Repeat("x", bs.size) + "\n")
			lines := max(1, lazyio.BufferSize/len(line))
			block := bytes.Repeat(line, lines)
			f := framer{frames: make([]byte, 0, len(frameBuffer{}))}
			for done := 0; done < b.N; done += lines {
				frameBlock(&f, block)
			}
		})
	}
}

// frameBlock does what sendLines does, with bytes that are there already.
func frameBlock(f *framer, b []byte) {
	for len(b) > 0 {
		held := b[:min(len(b), lazyio.BufferSize)]
		f.frames = f.frames[:0]
		used, _ := f.addLines(held, 0)
		if used == 0 {
			_, used = f.fragment(held)
		}
		b = b[used:]
	}
}

// The framer allocates nothing for a message.
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
	f := framer{frames: make([]byte, 0, len(frameBuffer{})), tag: tagOf("stdout")}
	if n := testing.AllocsPerRun(100, func() { f.frames = f.frames[:0]; f.addLines(block, 0) }); n != 0 {
		t.Errorf("%v allocations for a block of lines", n)
	}
}
