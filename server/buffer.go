package server

import "sync"

const (
	// bufferSize is how much one read of a socket or pipe can bring. A pipe holds
	// 64 KiB on Linux, so that one read empties it.
	bufferSize = 64 << 10
	// headroom is free space in front of what was read, for a frame's header: a
	// chunk that becomes one frame is then sent from where it lies.
	headroom = 16
)

// buffer is the unit that pumps borrow while they have something to carry. An
// idle connection holds none.
type buffer [headroom + bufferSize]byte

var buffers = sync.Pool{New: func() any { return new(buffer) }}

// frameBuffer takes the frames of all lines that one read has brought: an empty
// line of one byte becomes a frame of two, and no line grows by more than that.
type frameBuffer [2 * bufferSize]byte

var frameBuffers = sync.Pool{New: func() any { return new(frameBuffer) }}

func takeBuffer() *buffer      { return buffers.Get().(*buffer) }
func returnBuffer(b *buffer)   { buffers.Put(b) }
func (b *buffer) body() []byte { return b[headroom:] }
