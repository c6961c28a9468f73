// Package lazyio reads sockets and pipes with buffers that are borrowed only
// while there are bytes to hold: ten thousand waiting connections take no memory
// for buffers.
package lazyio

import "sync"

const (
	// BufferSize is how much one read of a socket or pipe can bring, in bytes. A
	// pipe holds 64 KiB on Linux, so one read empties it.
	BufferSize = 64 << 10
	// Headroom is free space in front of what was read, in bytes, for a frame's
	// header: a chunk that becomes one frame is then sent without being copied.
	Headroom = 16
)

// Buffer is the unit that pumps borrow while they have something to carry. An
// idle connection holds none.
type Buffer [Headroom + BufferSize]byte

var buffers = sync.Pool{New: func() any { return new(Buffer) }}

// Take borrows a buffer, whose content is arbitrary. Return gives it back.
func Take() *Buffer { return buffers.Get().(*Buffer) }

// Return gives b back; it must not be used again.
func Return(b *Buffer) { buffers.Put(b) }

// Body is b without its headroom.
func (b *Buffer) Body() []byte { return b[Headroom:] }
