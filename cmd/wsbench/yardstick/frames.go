package main

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/bits"
	"net"
	"time"
)

// send passes on stdout: each line as a frame, and a part of a line at the end of a
// read as a fragment. Then it sends a close frame, which the client has a second to
// answer.
func send(conn net.Conn, stdout io.Reader, in, out []byte) {
	op := byte(1) // text, or 0 while a message goes on
	for {
		n, err := stdout.Read(in)
		if err != nil {
			conn.Write([]byte{0x88, 2, 1000 >> 8, 1000 & 0xff})
			conn.SetReadDeadline(time.Now().Add(time.Second))
			return
		}
		out = out[:0]
		for rest := in[:n]; len(rest) > 0; {
			end := bytes.IndexByte(rest, '\n')
			if end < 0 {
				out = append(header(out, op, len(rest)), rest...)
				op = 0
				break
			}
			out = append(header(out, 0x80|op, end), rest[:end]...)
			rest, op = rest[end+1:], 1
		}
		if _, err := conn.Write(out); err != nil {
			return
		}
	}
}

func header(b []byte, first byte, length int) []byte {
	switch {
	case length < 126:
		return append(b, first, byte(length))
	case length < 1<<16:
		return append(b, first, 126, byte(length>>8), byte(length))
	default:
		return binary.BigEndian.AppendUint64(append(b, first, 127), uint64(length))
	}
}

// receive passes on the client's messages as lines until the client closes or is
// gone. buf[1:n] is what has arrived. Payload moves to the front as it is unmasked;
// the free byte there and the header of each later frame make room for newlines.
func receive(stdin io.Writer, conn net.Conn, buf, early []byte) {
	n := 1 + copy(buf[1:], early)
	left, fin, key := 0, false, uint32(0) // of the frame whose payload comes next
	for {
		r, w := 1, 0
		for r < n {
			if left == 0 {
				op, length, size := parse(buf[r:n])
				if size == 0 || op&8 != 0 && r+size+length > n {
					break
				}
				key = binary.LittleEndian.Uint32(buf[r+size-4:])
				fin = buf[r]&0x80 != 0
				r += size
				if op&8 != 0 {
					unmask(buf[r:], buf[r:r+length], key)
					if op < 10 { // close and ping get their payload back
						conn.Write(append([]byte{0x88 | (op&1)<<1, byte(length)}, buf[r:r+length]...))
					}
					if op == 8 {
						return
					}
					r += length
					continue
				}
				left = length
			}
			m := min(left, n-r)
			unmask(buf[w:], buf[r:r+m], key)
			key = bits.RotateLeft32(key, -8*(m&3))
			r, w, left = r+m, w+m, left-m
			if left == 0 && fin {
				buf[w] = '\n'
				w++
			}
		}
		stdin.Write(buf[:w]) // may fail, if the backend is gone
		n = 1 + copy(buf[1:], buf[r:n])
		more, err := conn.Read(buf[n:])
		if err != nil {
			return
		}
		n += more
	}
}

// parse parses a header with its key; size is 0 if not all of it has arrived.
func parse(b []byte) (op byte, length, size int) {
	switch {
	case len(b) < 6:
		return 0, 0, 0
	case b[1]&0x7f < 126:
		return b[0] & 0xf, int(b[1] & 0x7f), 6
	case b[1]&0x7f == 126 && len(b) >= 8:
		return b[0] & 0xf, int(binary.BigEndian.Uint16(b[2:])), 8
	case b[1]&0x7f == 127 && len(b) >= 14:
		return b[0] & 0xf, int(binary.BigEndian.Uint64(b[2:])), 14
	default:
		return 0, 0, 0
	}
}

// unmask writes src to dst, which may be the same bytes or bytes before them.
func unmask(dst, src []byte, key uint32) {
	wide := uint64(key)<<32 | uint64(key)
	for ; len(src) >= 32; dst, src = dst[32:], src[32:] {
		a := binary.LittleEndian.Uint64(src) ^ wide
		b := binary.LittleEndian.Uint64(src[8:]) ^ wide
		c := binary.LittleEndian.Uint64(src[16:]) ^ wide
		d := binary.LittleEndian.Uint64(src[24:]) ^ wide
		binary.LittleEndian.PutUint64(dst, a)
		binary.LittleEndian.PutUint64(dst[8:], b)
		binary.LittleEndian.PutUint64(dst[16:], c)
		binary.LittleEndian.PutUint64(dst[24:], d)
	}
	for i, c := range src {
		dst[i] = c ^ byte(key>>(8*(i&3)))
	}
}
