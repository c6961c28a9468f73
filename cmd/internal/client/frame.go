package client

import "encoding/binary"

// Opcodes and header bits of RFC 6455, section 5.2.
const (
	OpContinuation = 0x0
	OpText         = 0x1
	OpClose        = 0x8
	OpPing         = 0x9
	OpPong         = 0xA

	FinBit       = 0x80
	reservedBits = 0x70
	opBits       = 0x0F
	maskBit      = 0x80

	maxControl = 125 // bytes of payload in a control frame, section 5.5
)

// maskKey masks every frame. RFC 6455, section 5.3, wants an unpredictable key
// for each frame, which protects caches between a browser and its server; with
// one key a load generator can build its frames once and send them many times.
// The server's work is the same.
var maskKey = [4]byte{0x5a, 0xc3, 0x96, 0x2f}

// Header is what the first bytes of a frame say.
type Header struct {
	Fin      bool
	Reserved bool // one of the RSV bits is set
	Masked   bool
	Op       byte
	Length   int64 // bytes of payload; negative when the frame claims 2^63 or more
}

// Control reports whether the frame may stand between the fragments of a
// message.
func (h Header) Control() bool { return h.Op&0x8 != 0 }

// ParseHeader reads the header at the start of b and says how many bytes it
// takes; 0 when b ends too early. A mask key is not part of it.
func ParseHeader(b []byte) (h Header, size int) {
	if len(b) < 2 {
		return Header{}, 0
	}
	h = Header{
		Fin:      b[0]&FinBit != 0,
		Reserved: b[0]&reservedBits != 0,
		Op:       b[0] & opBits,
		Masked:   b[1]&maskBit != 0,
		Length:   int64(b[1] &^ maskBit),
	}
	switch {
	case h.Length < 126:
		return h, 2
	case h.Length == 126 && len(b) >= 4:
		h.Length = int64(binary.BigEndian.Uint16(b[2:]))
		return h, 4
	case h.Length == 127 && len(b) >= 10:
		h.Length = int64(binary.BigEndian.Uint64(b[2:]))
		return h, 10
	default:
		return Header{}, 0
	}
}

// AppendFrame adds an unmasked frame with the shortest header, as a server
// sends it.
func AppendFrame(b []byte, op byte, payload []byte) []byte {
	return append(appendHeader(b, op, 0, len(payload)), payload...)
}

// AppendMasked adds a frame as a client sends it.
func AppendMasked(b []byte, op byte, payload []byte) []byte {
	b = appendHeader(b, op, maskBit, len(payload))
	b = append(b, maskKey[:]...)
	for i, c := range payload {
		b = append(b, c^maskKey[i&3])
	}
	return b
}

func appendHeader(b []byte, op, mask byte, length int) []byte {
	b = append(b, FinBit|op)
	switch {
	case length < 126:
		return append(b, mask|byte(length))
	case length < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, mask|126), uint16(length))
	default:
		return binary.BigEndian.AppendUint64(append(b, mask|127), uint64(length))
	}
}
