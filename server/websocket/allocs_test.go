//go:build !race

package websocket

import (
	"bytes"
	"io"
	"net"
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

// endless is a net.Conn that brings the same frames again and again, until its
// bytes are used up.
type endless struct {
	net.Conn
	frames []byte
	at     int
	left   int
}

func (e *endless) Read(p []byte) (n int, err error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	p = p[:min(len(p), e.left)]
	for n < len(p) {
		m := copy(p[n:], e.frames[e.at:])
		n += m
		if e.at += m; e.at == len(e.frames) {
			e.at = 0
		}
	}
	e.left -= n
	return n, nil
}

// benchFrames are frames of a client with messages of this size: about as many
// as fill a buffer.
func benchFrames(size int) (frames []byte, messages int) {
	one := textFrame(strings.Repeat("x", size))
	messages = max(1, lazyio.BufferSize/len(one))
	return bytes.Repeat(one, messages), messages
}

// receiver is a Receiver of a connection that brings frames until so many bytes
// have been read.
func receiver(frames []byte, bytes int) *Receiver {
	r := NewReceiver(NewConn(&endless{frames: frames, left: bytes}, nil), new(Budget))
	r.Deliver = func([]byte) {}
	return r
}

// BenchmarkTakeFrames is the way from the socket's bytes to stdin's: a message an
// operation.
func BenchmarkTakeFrames(b *testing.B) {
	for _, bs := range benchSizes {
		b.Run(bs.name, func(b *testing.B) {
			b.SetBytes(int64(bs.size))
			frames, messages := benchFrames(bs.size)
			r := receiver(frames, len(frames)/messages*b.N)
			b.ReportAllocs()
			b.ResetTimer()
			if err := r.Run(); err != io.EOF || r.Messages != uint64(b.N) {
				b.Fatalf("%v after %d of %d messages", err, r.Messages, b.N)
			}
		})
	}
}

func BenchmarkUnmask(b *testing.B) {
	for _, bs := range benchSizes {
		b.Run(bs.name, func(b *testing.B) {
			b.SetBytes(int64(bs.size))
			b.ReportAllocs()
			p := make([]byte, bs.size)
			for b.Loop() {
				Unmask(p, [maskSize]byte{1, 2, 3, 4}, 0)
			}
		})
	}
}

// The Receiver allocates nothing for a message. The race detector makes sync.Pool
// forget at random, so this test runs without it.
//
// A run here takes as many messages as come in 8 MiB, and is the whole life of
// a pump, which may cost some allocations.
func TestTakingFramesAllocatesNothing(t *testing.T) {
	for _, bs := range benchSizes {
		frames, messages := benchFrames(bs.size)
		rounds := max(1, 8<<20/len(frames))
		n := testing.AllocsPerRun(5, func() {
			r := receiver(frames, rounds*len(frames))
			if err := r.Run(); err != io.EOF || r.Messages != uint64(rounds*messages) {
				t.Fatalf("%v after %d messages", err, r.Messages)
			}
		})
		if n > 50 {
			t.Errorf("%s: %v allocations for %d messages", bs.name, n, rounds*messages)
		}
	}
}
