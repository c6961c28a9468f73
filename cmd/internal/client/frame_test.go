package client

import (
	"bytes"
	"encoding/binary"
	"testing"
)

func TestParseHeader(t *testing.T) {
	for _, test := range []struct {
		name string
		b    []byte
		want Header
		size int
	}{
		{"nothing", nil, Header{}, 0},
		{"half a header", []byte{0x81}, Header{}, 0},
		{"text", []byte{0x81, 5}, Header{Fin: true, Op: OpText, Length: 5}, 2},
		{"first fragment", []byte{0x01, 125, 'x'}, Header{Op: OpText, Length: 125}, 2},
		{"masked", []byte{0x81, 0x85}, Header{Fin: true, Masked: true, Op: OpText, Length: 5}, 2},
		{"reserved bit", []byte{0xc1, 0}, Header{Fin: true, Reserved: true, Op: OpText}, 2},
		{"half a 16-bit length", []byte{0x81, 126, 1}, Header{}, 0},
		{"16-bit length", []byte{0x80, 126, 1, 2}, Header{Fin: true, Length: 258}, 4},
		{"half a 64-bit length", []byte{0x81, 127, 0, 0, 0, 0, 0, 7, 0xa1}, Header{}, 0},
		{"64-bit length", []byte{0x81, 127, 0, 0, 0, 0, 0, 7, 0xa1, 0x20}, Header{Fin: true, Op: OpText, Length: 500_000}, 10},
		{"close", []byte{0x88, 2}, Header{Fin: true, Op: OpClose, Length: 2}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			if h, size := ParseHeader(test.b); h != test.want || size != test.size {
				t.Errorf("got %+v, %d, want %+v, %d", h, size, test.want, test.size)
			}
		})
	}
}

// FuzzFrame reads back what AppendFrame and AppendMasked wrote.
func FuzzFrame(f *testing.F) {
	f.Add(byte(OpText), []byte("hello"))
	f.Add(byte(OpText), bytes.Repeat([]byte("x"), 126))
	f.Add(byte(OpPing), []byte{})
	f.Add(byte(OpText), bytes.Repeat([]byte("y"), 1<<16))
	f.Fuzz(func(t *testing.T, op byte, payload []byte) {
		op &= opBits
		for _, frame := range [][]byte{AppendFrame(nil, op, payload), AppendMasked(nil, op, payload)} {
			h, size := ParseHeader(frame)
			if size == 0 || !h.Fin || h.Reserved || h.Op != op || h.Length != int64(len(payload)) {
				t.Fatalf("header %+v of %d bytes for opcode %d and %d bytes", h, size, op, len(payload))
			}
			got := frame[size:]
			if h.Masked {
				got = unmasked(got)
			}
			if !bytes.Equal(got, payload) {
				t.Errorf("payload %q came back as %q", payload, got)
			}
		}
	})
}

// unmasked is the payload behind the key at the start of b.
func unmasked(b []byte) []byte {
	key, payload := b[:4], bytes.Clone(b[4:])
	for i := range payload {
		payload[i] ^= key[i%4]
	}
	return payload
}

// FuzzHeader never reads past the end.
func FuzzHeader(f *testing.F) {
	f.Add([]byte{0x81, 126, 1})
	f.Add(binary.BigEndian.AppendUint64([]byte{0x82, 0xff}, 1<<63))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, size := ParseHeader(b); size > len(b) {
			t.Errorf("a header of %d bytes in %d", size, len(b))
		}
	})
}
