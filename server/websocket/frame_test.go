package websocket

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"
)

// clientFrame is a masked frame whose first byte is first.
func clientFrame(first byte, payload []byte) []byte {
	return AppendMasked(nil, first, [maskSize]byte{0x37, 0xfa, 0x21, 0x3d}, payload)
}

func textFrame(s string) []byte { return clientFrame(FinBit|OpText, []byte(s)) }

func closePayload(code int, reason string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...)
}

// A client's frame is a server's with the mask bit, the key and a masked payload.
func TestAppendMasked(t *testing.T) {
	key := [maskSize]byte{1, 2, 4, 8}
	for _, size := range []int{0, 1, 125, 126, 65535, 65536} {
		payload := bytes.Repeat([]byte{'a'}, size)
		want := AppendHeader([]byte("before"), FinBit|OpText, size)
		want[len("before")+1] |= maskBit
		want = append(want, key[:]...)
		for i := range payload {
			want = append(want, 'a'^key[i%maskSize])
		}
		if got := AppendMasked([]byte("before"), FinBit|OpText, key, payload); !bytes.Equal(got, want) {
			t.Errorf("%d bytes: % x", size, got[:min(len(got), 30)])
		}
	}
}

// slowHeader is ParseHeader by the words of RFC 6455 5.2 and 5.5, a bit at a
// time. It returns the whole header's length, 0 when b ends before the header
// does, or -1 when no header may begin with b.
func slowHeader(b []byte, masked bool) (h Header, size int) {
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
	h.Fin, h.Op = bits[0], byte(field(4, 4))
	control := h.Op >= 8
	known := h.Op <= 2 || h.Op >= 8 && h.Op <= 10
	if bits[1] || bits[2] || bits[3] || !known || control && !h.Fin {
		return h, -1
	}
	if !has(2) {
		return h, 0
	}
	h.Length = field(9, 7)
	if bits[8] != masked || control && h.Length > 125 {
		return h, -1
	}
	at := 2
	if n := map[uint64]int{126: 2, 127: 8}[h.Length]; n > 0 {
		if n == 8 && has(3) && bits[16] {
			return h, -1
		}
		if !has(at + n) {
			return h, 0
		}
		h.Length = field(16, 8*n)
		at += n
	}
	if !masked {
		return h, at
	}
	if !has(at + 4) {
		return h, 0
	}
	copy(h.Mask[:], b[at:])
	return h, at + 4
}

// checkHeader compares ParseHeader with slowHeader, which sees a fault as soon as
// the byte that makes it so is there.
func checkHeader(t *testing.T, b []byte) {
	t.Helper()
	checkHeaderFrom(t, b, true)
	checkHeaderFrom(t, b, false)
}

func checkHeaderFrom(t *testing.T, b []byte, masked bool) {
	t.Helper()
	want, size := slowHeader(b, masked)
	got, ok, err := ParseHeader(b, masked)
	shown := b[:min(len(b), 20)]
	switch {
	case (err != nil) != (size < 0) || ok != (size > 0):
		t.Fatalf("ParseHeader(% x): ok %v, %v; want a header of size %d", shown, ok, err, size)
	case err != nil && err.(*Error).Code != CodeProtocolError:
		t.Fatalf("ParseHeader(% x): %v is not a protocol error", shown, err)
	case ok:
		want.Size = size
		if got != want {
			t.Fatalf("ParseHeader(% x) = %+v, want %+v", shown, got, want)
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
		for _, op := range []byte{OpText, OpBinary, OpContinuation} {
			check(clientFrame(FinBit|op, make([]byte, size)))
			check(clientFrame(op, make([]byte, size)))
		}
	}
	for _, length := range []uint64{0, 125, 1 << 31, 1<<32 + 5, math.MaxInt64, 1 << 63, math.MaxUint64} {
		check(header64(FinBit|OpText, length))
	}
}

func FuzzParseHeader(f *testing.F) {
	f.Add([]byte{})
	f.Add(textFrame("hello"))
	f.Add(clientFrame(OpText, []byte("a fragment")))
	f.Add(clientFrame(FinBit|OpPing, nil))
	f.Add(clientFrame(FinBit|OpClose, closePayload(1000, "bye")))
	f.Add([]byte{FinBit | OpText, 5, 'p', 'l', 'a', 'i', 'n'})
	f.Add(textFrame(strings.Repeat("x", 300)))
	f.Add(header64(FinBit|OpText, 1<<63))
	f.Fuzz(func(t *testing.T, b []byte) { checkHeader(t, b) })
}

// Unmask gives the same whatever pieces a payload comes in, and touches nothing
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
			Unmask(p[at:min(at+size, len(p))], mask, uint64(at))
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
		Unmask(got, mask, offset)
		if !bytes.Equal(got, want) {
			t.Fatalf("Unmask(% x, % x, %d) = % x, want % x", masked, mask, offset, got, want)
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
		if got := fmt.Sprintf("%x", AppendHeader(nil, FinBit|OpText, size)); got != want {
			t.Errorf("AppendHeader of %d bytes: %s, want %s", size, got, want)
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
		f := closeFrame(CodeInternalError, tt.reason)
		if f[0] != FinBit|OpClose || int(f[1]) != len(f)-2 || len(f) > 2+MaxControlPayload {
			t.Errorf("%q: frame % x", tt.reason, f)
		}
		closed, ok := parseClosePayload(f[2:]).(*Closed)
		if !ok || *closed != (Closed{CodeInternalError, tt.want}) {
			t.Errorf("%q: %v", tt.reason, closed)
		}
	}
}

func TestFrameAllocatesNothing(t *testing.T) {
	b := bytes.Repeat(textFrame("a message of some length"), 1000)
	out := make([]byte, 0, len(b))
	allocs := testing.AllocsPerRun(100, func() {
		out = out[:0]
		for rest := b; len(rest) > 0; {
			h, ok, err := ParseHeader(rest, true)
			if !ok {
				t.Fatal(err)
			}
			start, size := len(out), h.Size+int(h.Length)
			out = append(out, rest[h.Size:size]...)
			Unmask(out[start:], h.Mask, 0)
			rest = rest[size:]
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations for 1000 frames", allocs)
	}
}

// Wherever frames are cut, what is whole counts as messages, and the rest as bytes.
func TestCountData(t *testing.T) {
	var frames []byte
	for _, f := range []struct {
		first byte
		size  int
	}{{FinBit | OpText, 5}, {OpText, 300}, {FinBit | OpContinuation, 0}, {FinBit | OpBinary, 70_000}} {
		frames = append(AppendHeader(frames, f.first, f.size), make([]byte, f.size)...)
	}
	for cut, want := range map[int]Count{
		0: {}, 1: {}, 2: {}, 6: {0, 4}, 7: {1, 5}, 10: {1, 5}, 11: {1, 5}, 12: {1, 6},
		311: {1, 305}, 312: {1, 305}, 313: {2, 305}, 330: {2, 312}, len(frames) - 1: {2, 70_304}, len(frames): {3, 70_305},
	} {
		if got := CountData(frames[:cut]); got != want {
			t.Errorf("%d bytes: %+v, want %+v", cut, got, want)
		}
	}
}
