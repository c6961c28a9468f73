package server

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// The bits of a frame's first two bytes, and the opcodes, of RFC 6455 5.2.
const (
	finBit   = 0x80
	rsvBits  = 0x70
	maskBit  = 0x80
	lenBits  = 0x7f
	opBits   = 0x0f
	len16    = 126 // a 16-bit length follows
	len64    = 127 // a 64-bit length follows
	maskSize = 4
)

const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA
)

// putHeader writes the header of an unmasked frame (RFC 6455 5.1: a server's
// are never masked) so that it ends where b ends, and returns its length. b
// holds at least ten bytes.
func putHeader(b []byte, first byte, payload int) int {
	end := len(b)
	switch {
	case payload < len16:
		b[end-2], b[end-1] = first, byte(payload)
		return 2
	case payload <= 0xffff:
		b[end-4], b[end-3] = first, len16
		binary.BigEndian.PutUint16(b[end-2:], uint16(payload))
		return 4
	default:
		b[end-10], b[end-9] = first, len64
		binary.BigEndian.PutUint64(b[end-8:], uint64(payload))
		return 10
	}
}

// appendHeader appends the header of an unmasked frame to b.
func appendHeader(b []byte, first byte, payload int) []byte {
	switch {
	case payload < len16:
		return append(b, first, byte(payload))
	case payload <= 0xffff:
		return append(b, first, len16, byte(payload>>8), byte(payload))
	default:
		return binary.BigEndian.AppendUint64(append(b, first, len64), uint64(payload))
	}
}

// dataFrame is a message that is one frame, as nearly all messages are.
type dataFrame struct {
	text   bool
	mask   [maskSize]byte
	header int // size in bytes
	length int // of the payload
	// payload is there when the frame is whole in the buffer: still masked, and
	// only valid until the buffer is read into.
	payload []byte
}

// sight is what nextFrame saw at the front of a buffer.
type sight int

const (
	partialFrame sight = iota // more bytes will tell
	wholeFrame                // a dataFrame with its payload
	largeFrame                // a dataFrame that the buffer can't hold
	otherFrame                // anything else: for the library to read
)

// nextFrame looks for a message of a single frame at the front of b. There is
// nothing to know of it but its header; control frames, fragments and faults
// (RFC 6455 5.4, 5.5) are left to the library.
func nextFrame(b []byte) (f dataFrame, s sight) {
	if len(b) < 2 {
		return f, partialFrame
	}
	op := b[0] & opBits
	if b[0]&(finBit|rsvBits) != finBit || b[1]&maskBit == 0 || op != opText && op != opBinary {
		return f, otherFrame
	}
	f.text = op == opText
	f.header = 2 + maskSize
	length := uint64(b[1] & lenBits)
	switch length {
	case len16:
		f.header += 2
	case len64:
		f.header += 8
	}
	if len(b) < f.header {
		return f, partialFrame
	}
	switch length {
	case len16:
		length = uint64(binary.BigEndian.Uint16(b[2:]))
	case len64:
		length = binary.BigEndian.Uint64(b[2:])
	}
	if length > math.MaxInt {
		return f, otherFrame // RFC 6455 5.2: the highest bit must be 0
	}
	f.length = int(length)
	f.mask = [maskSize]byte(b[f.header-maskSize : f.header])
	switch {
	case f.length > bufferSize-f.header:
		return f, largeFrame
	case len(b) < f.header+f.length:
		return f, partialFrame
	}
	f.payload = b[f.header : f.header+f.length]
	return f, wholeFrame
}

// size is the frame's size in bytes.
func (f *dataFrame) size() int { return f.header + f.length }

// appendUnmasked appends the whole frame's payload to b as the client meant it.
func (f *dataFrame) appendUnmasked(b []byte) []byte {
	start := len(b)
	b = append(b, f.payload...)
	unmask(b[start:], f.mask, 0)
	return b
}

// unmask takes the mask off p, which begins at offset in its frame (RFC 6455
// 5.3), some words at a time.
func unmask(p []byte, mask [maskSize]byte, offset int) {
	key32 := bits.RotateLeft32(binary.LittleEndian.Uint32(mask[:]), -8*(offset%maskSize))
	key := uint64(key32)<<32 | uint64(key32)
	for len(p) >= 32 {
		q := p[:32]
		binary.LittleEndian.PutUint64(q, binary.LittleEndian.Uint64(q)^key)
		binary.LittleEndian.PutUint64(q[8:], binary.LittleEndian.Uint64(q[8:])^key)
		binary.LittleEndian.PutUint64(q[16:], binary.LittleEndian.Uint64(q[16:])^key)
		binary.LittleEndian.PutUint64(q[24:], binary.LittleEndian.Uint64(q[24:])^key)
		p = p[32:]
	}
	for len(p) >= 8 {
		binary.LittleEndian.PutUint64(p, binary.LittleEndian.Uint64(p)^key)
		p = p[8:]
	}
	for i := range p {
		p[i] ^= byte(key >> (8 * i))
	}
}
