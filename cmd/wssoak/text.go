package main

import (
	"bytes"
	"fmt"
	"strconv"
)

// A soak's message is the text
//
//	CHECKSUM TYPE SESSION NUMBER RECEIVED PAYLOAD
//
// with the checksum of all behind it in eight hexadecimal digits, a type, the
// session, the message's number in its direction, from 1 on, the number of the last
// message that its sender has received, and as many payloadUnits as it takes.
const (
	typeMessage = 'm'
	typeEnd     = 'e' // to the backend: say a final, and then no more
	typeExit    = 'x' // to the backend: say a final, and exit
	typeFinal   = 'f' // from the backend: the last message
)

// payloadUnit is 16 bytes, some of them of one character: a relay may cut it at
// any place.
const payloadUnit = "abcdefghij\u00e9\U0001d11e"

// Sizes of payloads, in units.
const (
	unitsSmall  = 2      // a message of some 60 bytes
	unitsMedium = 640    // 10 KB
	unitsLarge  = 18_750 // 300 KB
)

const (
	checksumChunk  = 256
	checksumDigits = 8
	maxHead        = 64 // bytes that hold all of a text but its payload
)

// checksumPad makes the checksum depend on where a byte stands.
var checksumPad, checksumRest = makePad()

// makePad makes the pad, and for each place in it the sum of what is behind,
// which a text that is too short for a chunk leaves as it is.
func makePad() (pad [checksumChunk]byte, rest [checksumChunk + 1]uint64) {
	word := uint32(1)
	for i := 0; i < checksumChunk; i += 4 {
		word = (word*1103515245 + 12345) & 0x7fffffff
		for j := range 4 {
			pad[i+j] = byte(word >> (24 - 8*j))
		}
	}
	for i := checksumChunk - 1; i >= 0; i-- {
		rest[i] = rest[i+1] + inWord(i, pad[i])
	}
	return pad, rest
}

// inWord is what a byte at place i of a chunk counts in a big-endian word.
func inWord(i int, b byte) uint64 { return uint64(b) << (24 - 8*(i%4)) }

// checksum is over chunks of 256 bytes, the last one filled up with zeros:
// the sum of its 32-bit words, each xor the pad's, added to 33 times what was
// before. A change within a word is always seen, and any other but one in
// thousands of millions. It is what Perl computes fast without a module.
type checksum struct {
	sum, chunk uint64
	filled     int // bytes of the chunk
}

func (c *checksum) add(p []byte) {
	for _, b := range p {
		c.chunk += inWord(c.filled, b^checksumPad[c.filled])
		if c.filled++; c.filled == checksumChunk {
			c.endChunk()
		}
	}
}

func (c *checksum) endChunk() {
	c.sum = (c.sum*33 + c.chunk + checksumRest[c.filled]) & 0xffffffff
	c.chunk, c.filled = 0, 0
}

// value ends the checksum, which may then be added to no more.
func (c *checksum) value() uint32 {
	if c.filled > 0 {
		c.endChunk()
	}
	return uint32(c.sum)
}

// text is a message of a soak; units is the size of its payload.
type text struct {
	kind                      byte
	session, number, received int64
	units                     int
}

// append adds the text to b.
func (t text) append(b []byte) []byte {
	start := len(b) + checksumDigits + 1
	b = append(b, "00000000 "...)
	b = fmt.Appendf(b, "%c %d %d %d ", t.kind, t.session, t.number, t.received)
	for range t.units {
		b = append(b, payloadUnit...)
	}
	var sum checksum
	sum.add(b[start:])
	copy(b[start-checksumDigits-1:], fmt.Appendf(nil, "%08x", sum.value()))
	return b
}

// arriving is a text that comes in pieces.
type arriving struct {
	head   [maxHead]byte // its beginning
	length int
	sum    checksum
}

func (a *arriving) add(p []byte) {
	if a.length < maxHead {
		copy(a.head[a.length:], p)
	}
	if skip := checksumDigits + 1 - a.length; skip < len(p) {
		a.sum.add(p[max(0, skip):])
	}
	a.length += len(p)
}

// text is the message once it is all there. It is not ok when the message is
// not what its sender has made.
func (a *arriving) text() (t text, ok bool) {
	fields := bytes.SplitN(a.head[:min(a.length, maxHead)], []byte(" "), 6)
	if len(fields) < 6 || len(fields[1]) != 1 {
		return text{}, false
	}
	numbers := [3]int64{}
	size := a.length - len(fields[0]) - len(fields[1]) - 5 // the payload's; five spaces
	for i := range numbers {
		n, err := strconv.ParseInt(string(fields[2+i]), 10, 64)
		if err != nil {
			return text{}, false
		}
		numbers[i] = n
		size -= len(fields[2+i])
	}
	t = text{fields[1][0], numbers[0], numbers[1], numbers[2], size / len(payloadUnit)}
	return t, string(fields[0]) == fmt.Sprintf("%08x", a.sum.value()) && size%len(payloadUnit) == 0
}
