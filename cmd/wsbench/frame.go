package main

import "encoding/binary"

// Opcodes and header bits of RFC 6455, section 5.2.
const (
	opContinuation = 0x0
	opText         = 0x1
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA

	finBit       = 0x80
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

// header is what the first bytes of a frame say.
type header struct {
	fin      bool
	reserved bool // one of the RSV bits is set
	masked   bool
	op       byte
	length   int64 // bytes of payload; negative when the frame claims 2^63 or more
}

// control tells frames that may stand between the fragments of a message.
func (h header) control() bool { return h.op&0x8 != 0 }

// parseHeader reads the header at the start of b and says how many bytes it
// takes; 0 when b ends too early. A mask key is not part of it.
func parseHeader(b []byte) (h header, size int) {
	if len(b) < 2 {
		return header{}, 0
	}
	h = header{
		fin:      b[0]&finBit != 0,
		reserved: b[0]&reservedBits != 0,
		op:       b[0] & opBits,
		masked:   b[1]&maskBit != 0,
		length:   int64(b[1] &^ maskBit),
	}
	switch {
	case h.length < 126:
		return h, 2
	case h.length == 126 && len(b) >= 4:
		h.length = int64(binary.BigEndian.Uint16(b[2:]))
		return h, 4
	case h.length == 127 && len(b) >= 10:
		h.length = int64(binary.BigEndian.Uint64(b[2:]))
		return h, 10
	default:
		return header{}, 0
	}
}

// appendFrame adds an unmasked frame with the shortest header, as a server
// sends it.
func appendFrame(b []byte, op byte, payload []byte) []byte {
	return append(appendHeader(b, op, 0, len(payload)), payload...)
}

// appendMasked adds a frame as a client sends it.
func appendMasked(b []byte, op byte, payload []byte) []byte {
	b = appendHeader(b, op, maskBit, len(payload))
	b = append(b, maskKey[:]...)
	for i, c := range payload {
		b = append(b, c^maskKey[i&3])
	}
	return b
}

func appendHeader(b []byte, op, mask byte, length int) []byte {
	b = append(b, finBit|op)
	switch {
	case length < 126:
		return append(b, mask|byte(length))
	case length < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, mask|126), uint16(length))
	default:
		return binary.BigEndian.AppendUint64(append(b, mask|127), uint64(length))
	}
}
