package server

import (
	"encoding/binary"
	"math/bits"

	"wsd/server/lazyio"
)

// The bits of a frame's first two bytes, and the opcodes, of RFC 6455 5.2.
const (
	finBit   = 0x80
	rsvBits  = 0x70
	opBits   = 0x0f
	ctrlBit  = 0x08 // of an opcode: a control frame
	maskBit  = 0x80
	lenBits  = 0x7f
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

// maxControlPayload is the most that a control frame carries (RFC 6455 5.5).
const maxControlPayload = 125

// frameHeader is the header of a client's frame.
type frameHeader struct {
	op     byte
	fin    bool
	mask   [maskSize]byte
	size   int    // of the header, in bytes
	length uint64 // of the payload, in bytes
}

func (h *frameHeader) isControl() bool { return h.op&ctrlBit != 0 }

// parseHeader parses the header at the front of b. It reports false when b ends
// before the header does. What no header may be is an error, a protocolError,
// as soon as the byte that makes it so is there.
func parseHeader(b []byte) (h frameHeader, ok bool, err error) {
	if len(b) == 0 {
		return h, false, nil
	}
	h.op, h.fin = b[0]&opBits, b[0]&finBit != 0
	switch {
	case b[0]&rsvBits != 0:
		return h, false, protocolError("reserved bits are set") // no extension is negotiated
	case h.op&^ctrlBit > opBinary:
		return h, false, protocolError("reserved opcode")
	case h.isControl() && !h.fin:
		return h, false, protocolError("fragmented control frame")
	case len(b) < 2:
		return h, false, nil
	}
	h.length = uint64(b[1] & lenBits)
	switch {
	case b[1]&maskBit == 0:
		return h, false, protocolError("frame is not masked")
	case h.isControl() && h.length > maxControlPayload:
		return h, false, protocolError("control frame is too long")
	}
	h.size = 2 + maskSize
	switch h.length {
	case len16:
		if h.size += 2; len(b) < h.size {
			return h, false, nil
		}
		h.length = uint64(binary.BigEndian.Uint16(b[2:]))
	case len64:
		if len(b) > 2 && b[2]>>7 != 0 {
			return h, false, protocolError("bad length")
		}
		if h.size += 8; len(b) < h.size {
			return h, false, nil
		}
		h.length = binary.BigEndian.Uint64(b[2:])
	}
	if len(b) < h.size {
		return h, false, nil
	}
	h.mask = [maskSize]byte(b[h.size-maskSize : h.size])
	return h, true, nil
}

// unmask takes the mask off p, which begins at offset in its frame's payload
// (RFC 6455 5.3), some words at a time.
func unmask(p []byte, mask [maskSize]byte, offset uint64) {
	key32 := bits.RotateLeft32(binary.LittleEndian.Uint32(mask[:]), -8*int(offset%maskSize))
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

// appendHeader appends the header of an unmasked frame (RFC 6455 5.1: a server's
// are never masked) to b. first is its first byte.
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

// framed makes a frame of the first n unread bytes of in, where they lie. first is
// its first byte.
func framed(in *lazyio.Reader, first byte, n int) []byte {
	var header [lazyio.Headroom]byte
	return in.WithHeader(appendHeader(header[:0], first, n), n)
}
