// Package websocket is RFC 6455 on a connection whose opening handshake is done:
// frames, masks, UTF-8, control frames and close codes. It knows nothing about
// HTTP, or about what is done with the messages.
package websocket

import (
	"encoding/binary"
	"math/bits"

	"wsd/server/lazyio"
)

// The bits of a frame's first two bytes, and the opcodes, of RFC 6455 5.2.
const (
	FinBit   = 0x80
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
	OpContinuation = 0x0
	OpText         = 0x1
	OpBinary       = 0x2
	OpClose        = 0x8
	OpPing         = 0x9
	OpPong         = 0xA
)

// MaxControlPayload is the most that a control frame carries (RFC 6455 5.5).
const MaxControlPayload = 125

// Header is the header of a frame.
type Header struct {
	Op     byte
	Fin    bool
	Mask   [maskSize]byte // zero for a frame that is not masked
	Size   int            // of the header, in bytes
	Length uint64         // of the payload, in bytes
}

// IsControl reports whether the frame is a control frame.
func (h *Header) IsControl() bool { return h.Op&ctrlBit != 0 }

// ParseHeader parses the header at the front of b. It reports false when b ends
// before the header does. masked says that the frame comes from a client: a
// client's frames are masked, and a server's never are (RFC 6455 5.1). An invalid
// header is an *Error as soon as the byte that makes it invalid has arrived.
func ParseHeader(b []byte, masked bool) (h Header, ok bool, err error) {
	if len(b) == 0 {
		return h, false, nil
	}
	h.Op, h.Fin = b[0]&opBits, b[0]&FinBit != 0
	switch {
	case b[0]&rsvBits != 0:
		return h, false, protocolError("reserved bits are set") // no extension is negotiated
	case h.Op&^ctrlBit > OpBinary:
		return h, false, protocolError("reserved opcode")
	case h.IsControl() && !h.Fin:
		return h, false, protocolError("fragmented control frame")
	case len(b) < 2:
		return h, false, nil
	}
	h.Length = uint64(b[1] & lenBits)
	switch {
	case b[1]&maskBit == 0 && masked:
		return h, false, protocolError("frame is not masked")
	case b[1]&maskBit != 0 && !masked:
		return h, false, protocolError("frame is masked")
	case h.IsControl() && h.Length > MaxControlPayload:
		return h, false, protocolError("control frame is too long")
	}
	h.Size = 2
	if masked {
		h.Size += maskSize
	}
	switch h.Length {
	case len16:
		if h.Size += 2; len(b) < h.Size {
			return h, false, nil
		}
		h.Length = uint64(binary.BigEndian.Uint16(b[2:]))
	case len64:
		if len(b) > 2 && b[2]>>7 != 0 {
			return h, false, protocolError("bad length")
		}
		if h.Size += 8; len(b) < h.Size {
			return h, false, nil
		}
		h.Length = binary.BigEndian.Uint64(b[2:])
	}
	if len(b) < h.Size {
		return h, false, nil
	}
	if masked {
		h.Mask = [maskSize]byte(b[h.Size-maskSize : h.Size])
	}
	return h, true, nil
}

// Unmask removes the mask from p, which begins at offset in its frame's payload
// (RFC 6455 5.3), several words at a time.
func Unmask(p []byte, mask [maskSize]byte, offset uint64) {
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

// AppendHeader appends the header of a server's frame, which is not masked, to b.
// first is its first byte.
func AppendHeader(b []byte, first byte, payload int) []byte {
	switch {
	case payload < len16:
		return append(b, first, byte(payload))
	case payload <= 0xffff:
		return append(b, first, len16, byte(payload>>8), byte(payload))
	default:
		return binary.BigEndian.AppendUint64(append(b, first, len64), uint64(payload))
	}
}

// AppendMasked appends a client's frame to b, masked with key; the payload itself
// stays as it is. first is the frame's first byte.
func AppendMasked(b []byte, first byte, key [maskSize]byte, payload []byte) []byte {
	header := len(b)
	b = AppendHeader(b, first, len(payload))
	b[header+1] |= maskBit
	b = append(b, key[:]...)
	start := len(b)
	b = append(b, payload...)
	Unmask(b[start:], key, 0)
	return b
}

// Framed makes a frame of the first n unread bytes of in, without copying them.
// first is the frame's first byte.
func Framed(in *lazyio.Reader, first byte, n int) []byte {
	var header [lazyio.Headroom]byte
	return in.WithHeader(AppendHeader(header[:0], first, n), n)
}

// Count is a number of messages, and of the bytes of their payload.
type Count struct{ Messages, Bytes uint64 }

// Add adds other to c.
func (c *Count) Add(other Count) {
	c.Messages += other.Messages
	c.Bytes += other.Bytes
}

// CountData counts the messages that end in b, which holds data frames of a server,
// and the bytes of their payload. The last frame may be incomplete.
func CountData(b []byte) (c Count) {
	for {
		h, ok, err := ParseHeader(b, false)
		if !ok || err != nil {
			return c
		}
		b = b[h.Size:]
		if h.Length > uint64(len(b)) {
			c.Bytes += uint64(len(b))
			return c
		}
		if h.Fin {
			c.Messages++
		}
		c.Bytes += h.Length
		b = b[h.Length:]
	}
}
