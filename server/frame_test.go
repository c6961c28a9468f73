package server

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"
)

// slowHeader is parseHeader by the words of RFC 6455 5.2 and 5.5, a bit at a
// time. It returns the whole header's length, 0 when b ends before the header
// does, or -1 when no header may begin with b.
func slowHeader(b []byte) (h frameHeader, size int) {
	var bits []bool
	for _, c := range b[:min(len(b), 14)] {
		for i := range 8 {
			bits = append(bits, c&(0x80>>i) != 0)
		}
	}
	field := func(from, n int) (v uint64) {
		for _, bit := range bits[from : from+n] {
			if v <<= 1; bit {
				v |= 1
			}
		}
		return v
	}
	has := func(n int) bool { return len(b) >= n }
	if !has(1) {
		return h, 0
	}
	h.fin, h.op = bits[0], byte(field(4, 4))
	control := h.op >= 8
	known := h.op <= 2 || h.op >= 8 && h.op <= 10
	if bits[1] || bits[2] || bits[3] || !known || control && !h.fin {
		return h, -1
	}
	if !has(2) {
		return h, 0
	}
	h.length = field(9, 7)
	if !bits[8] || control && h.length > 125 {
		return h, -1
	}
	at := 2
	if n := map[uint64]int{126: 2, 127: 8}[h.length]; n > 0 {
		if n == 8 && has(3) && bits[16] {
			return h, -1
		}
		if !has(at + n) {
			return h, 0
		}
		h.length = field(16, 8*n)
		at += n
	}
	if !has(at + 4) {
		return h, 0
	}
	copy(h.mask[:], b[at:])
	return h, at + 4
}

// checkHeader compares parseHeader with slowHeader, which sees a fault as soon as
// the byte that makes it so is there.
func checkHeader(t *testing.T, b []byte) {
	t.Helper()
	want, size := slowHeader(b)
	got, ok, err := parseHeader(b)
	shown := b[:min(len(b), 20)]
	switch {
	case (err != nil) != (size < 0) || ok != (size > 0):
		t.Fatalf("parseHeader(% x): ok %v, %v; want a header of size %d", shown, ok, err, size)
	case err != nil && !isProtocolError(err):
		t.Fatalf("parseHeader(% x): %v is no protocolError", shown, err)
	case ok:
		want.size = size
		if got != want {
			t.Fatalf("parseHeader(% x) = %+v, want %+v", shown, got, want)
		}
	}
}

// header64 is the header of a frame with a 64-bit length, and no mask to speak of.
func header64(first byte, length uint64) []byte {
	b := binary.BigEndian.AppendUint64([]byte{first, maskBit | len64}, length)
	return append(b, 0, 0, 0, 0)
}

func TestParseHeader(t *testing.T) {
	check := func(b []byte) {
		for n := range min(len(b), 20) + 1 {
			checkHeader(t, b[:n])
		}
	}
	for first := range 256 { // all first two bytes
		for second := range 256 {
			header := []byte{byte(first), byte(second), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}
			checkHeader(t, header[:1])
			checkHeader(t, header[:2])
			checkHeader(t, header)
		}
	}
	for _, size := range []int{0, 1, 125, 126, 127, 200, 65535, 65536, 70_000} {
		for _, op := range []byte{opText, opBinary, opContinuation} {
			check(clientFrame(finBit|op, make([]byte, size)))
			check(clientFrame(op, make([]byte, size)))
		}
	}
	for _, length := range []uint64{0, 125, 1 << 31, 1<<32 + 5, math.MaxInt64, 1 << 63, math.MaxUint64} {
		check(header64(finBit|opText, length))
	}
}

func FuzzParseHeader(f *testing.F) {
	f.Add([]byte{})
	f.Add(textFrame("hello"))
	f.Add(clientFrame(opText, []byte("a fragment")))
	f.Add(clientFrame(finBit|opPing, nil))
	f.Add(clientFrame(finBit|opClose, closePayload(1000, "bye")))
	f.Add([]byte{finBit | opText, 5, 'p', 'l', 'a', 'i', 'n'})
	f.Add(textFrame(strings.Repeat("x", 300)))
	f.Add(header64(finBit|opText, 1<<63))
	f.Fuzz(func(t *testing.T, b []byte) { checkHeader(t, b) })
}

// unmask gives the same whatever pieces a payload comes in, and touches nothing
// beside them.
func TestUnmaskInPieces(t *testing.T) {
	mask := [maskSize]byte{1, 20, 77, 254}
	plain := []byte(strings.Repeat("abcdefghij", 12))
	masked := bytes.Clone(plain)
	for i := range masked {
		masked[i] ^= mask[i&3]
	}
	for size := 1; size <= len(plain); size++ {
		p := bytes.Clone(masked)
		for at := 0; at < len(p); at += size {
			unmask(p[at:min(at+size, len(p))], mask, uint64(at))
		}
		if !bytes.Equal(p, plain) {
			t.Fatalf("in pieces of %d: %q", size, p)
		}
	}
}

func FuzzUnmask(f *testing.F) {
	f.Add([]byte("a payload that is longer than thirty-two bytes, so that all loops run"), uint32(0x01020304), uint64(0))
	f.Add([]byte("short"), uint32(0xfffe0001), uint64(1<<40+3))
	f.Add([]byte{}, uint32(7), uint64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, masked []byte, key uint32, offset uint64) {
		var mask [maskSize]byte
		binary.BigEndian.PutUint32(mask[:], key)
		got, want := bytes.Clone(masked), bytes.Clone(masked)
		for i := range want {
			want[i] ^= mask[(offset+uint64(i))%maskSize]
		}
		unmask(got, mask, offset)
		if !bytes.Equal(got, want) {
			t.Fatalf("unmask(% x, % x, %d) = % x, want % x", masked, mask, offset, got, want)
		}
	})
}

func TestHeader(t *testing.T) {
	for size, want := range map[int]string{
		0:       "8100",
		125:     "817d",
		126:     "817e007e",
		65535:   "817effff",
		65536:   "817f0000000000010000",
		1 << 30: "817f0000000040000000",
	} {
		if got := fmt.Sprintf("%x", appendHeader(nil, finBit|opText, size)); got != want {
			t.Errorf("appendHeader of %d bytes: %s, want %s", size, got, want)
		}
	}
}

func TestCloseFrame(t *testing.T) {
	for _, tt := range []struct{ reason, want string }{
		{"", ""},
		{"exit status 3", "exit status 3"},
		{strings.Repeat("r", 123), strings.Repeat("r", 123)},
		{strings.Repeat("r", 124), strings.Repeat("r", 123)},
		{strings.Repeat("é", 62), strings.Repeat("é", 61)},
		{strings.Repeat("r", 120) + "😀", strings.Repeat("r", 120)},
	} {
		f := closeFrame(codeBackend, tt.reason)
		if f[0] != finBit|opClose || int(f[1]) != len(f)-2 || len(f) > 2+maxControlPayload {
			t.Errorf("%q: frame % x", tt.reason, f)
		}
		if err := parseClose(f[2:]); err != (errClosed{1011, tt.want}) {
			t.Errorf("%q: %v", tt.reason, err)
		}
	}
}

func TestFrameAllocatesNothing(t *testing.T) {
	b := bytes.Repeat(textFrame("a message of some length"), 1000)
	out := make([]byte, 0, len(b))
	allocs := testing.AllocsPerRun(100, func() {
		out = out[:0]
		for rest := b; len(rest) > 0; {
			h, ok, err := parseHeader(rest)
			if !ok {
				t.Fatal(err)
			}
			start, size := len(out), h.size+int(h.length)
			out = append(out, rest[h.size:size]...)
			unmask(out[start:], h.mask, 0)
			rest = rest[size:]
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations for 1000 frames", allocs)
	}
}
