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
// with the checksum of all that follows in eight hexadecimal digits, a type, the
// session, the message's number in its direction, from 1 on, the number of the last
// message that its sender has received, and any number of payloadUnits.
const (
	typeMessage = 'm'
	typeEnd     = 'e' // to the backend: send a final message, and no more
	typeExit    = 'x' // to the backend: send a final message, and exit
	typeFinal   = 'f' // from the backend: the last message
)

// payloadUnit is 16 bytes, with characters of two and four: a daemon may cut it
// anywhere.
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
	maxHead        = 64 // bytes, enough for all of a text but its payload
)

// checksumPad makes the checksum depend on where a byte stands.
var checksumPad, checksumRest = makePad()

// makePad makes the pad and, for each place in it, the sum of what follows: that is
// what an incomplete chunk adds, being filled up with zeros.
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

// inWord is the value in a big-endian word of the byte at place i of a chunk.
func inWord(i int, b byte) uint64 { return uint64(b) << (24 - 8*(i%4)) }

// checksum is computed over chunks of 256 bytes, the last one filled up with zeros:
// the sum of a chunk's 32-bit words, each xor the pad's, is added to 33 times the
// checksum so far. It changes with any change within a word, and with all but one in
// four thousand million others. Perl can compute it fast without a module.
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

// value is the checksum. Nothing can be added after that.
func (c *checksum) value() uint32 {
	if c.filled > 0 {
		c.endChunk()
	}
	return uint32(c.sum)
}

// text is a message of a soak. units is the size of its payload.
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

// arriving is a text that arrives in pieces.
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

// text is the text once all of it has arrived. ok is false if it is not as it was
// sent.
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
