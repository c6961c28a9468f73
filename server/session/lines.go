package session

import (
	"bytes"
	"unicode/utf8"

	"wsd/server/lazyio"
	"wsd/server/websocket"
)

// framer turns the bytes of a stream into the frames of messages, one message a
// line. It is the hot path from the backend to the client, and pure: bytes in,
// frames out. A line ends with "\n"; a "\r" before that goes too.
type framer struct {
	frames []byte // whole frames, ready to be written
	// spare takes a line that must be changed before it is sent. It is kept from
	// line to line.
	spare []byte
	// encode changes a piece of a message, if not nil; first and last tell where
	// in its message the piece stands.
	encode func(dst, piece []byte, first, last bool) []byte

	open     bool // a message has been begun and not finished
	cr       bool // a "\r" at a fragment's end was held back
	repaired bool // a line was not UTF-8
	messages uint64
	bytes    uint64 // of payload
}

// addLines frames the whole lines at the front of in and returns how many bytes
// of in they were. searched is how many bytes of in are known to hold no newline.
func (f *framer) addLines(in []byte, searched int) (used int) {
	n := bytes.IndexByte(in[searched:], '\n')
	if n < 0 {
		return 0
	}
	n += searched
	// One look at all of it is quicker than one at each line.
	asIs := f.encode == nil && !f.open && utf8.Valid(in[:lazyio.WholeRunes(in)])
	for ; n >= 0; n = bytes.IndexByte(in[used:], '\n') {
		if line := in[used : used+n]; asIs {
			f.addWhole(lazyio.TrimCR(line))
		} else {
			f.addPiece(line, endOfLine)
		}
		used += n + 1
	}
	return used
}

// What comes after a piece of a message.
type following int

const (
	moreOfLine  following = iota // the rest of the line
	endOfLine                    // its newline
	endOfStream                  // nothing
)

// addWhole frames a line that needs no change and no look.
func (f *framer) addWhole(line []byte) {
	f.frames = websocket.AppendHeader(f.frames, websocket.FinBit|websocket.OpText, len(line))
	f.frames = append(f.frames, line...)
	f.messages++
	f.bytes += uint64(len(line))
}

// addPiece frames the next piece of a message: in fragments, a line of any
// length passes through a buffer of fixed size.
func (f *framer) addPiece(piece []byte, next following) {
	piece = f.settleCR(piece, next)
	first, last := !f.open, next != moreOfLine
	piece = f.repair(piece)
	if f.encode != nil {
		f.spare = f.encode(f.spare[:0], piece, first, last)
		piece = f.spare
	}
	op := byte(websocket.OpContinuation)
	if first {
		op = websocket.OpText
	}
	if last {
		op |= websocket.FinBit
		f.messages++
	}
	f.frames = websocket.AppendHeader(f.frames, op, len(piece))
	f.frames = append(f.frames, piece...)
	f.bytes += uint64(len(piece))
	f.open = !last
}

// settleCR removes the "\r" before a newline, holds one back that may turn out
// to be that, and puts one that was held back in front.
func (f *framer) settleCR(piece []byte, next following) []byte {
	if f.cr {
		piece = append([]byte{'\r'}, piece...)
		f.cr = false
	}
	switch next {
	case endOfLine:
		return lazyio.TrimCR(piece)
	case moreOfLine:
		trimmed := lazyio.TrimCR(piece)
		f.cr = len(trimmed) < len(piece)
		return trimmed
	default:
		return piece
	}
}

// repair returns line as valid UTF-8: as it is, nearly always.
func (f *framer) repair(line []byte) []byte {
	if utf8.Valid(line) {
		return line
	}
	f.repaired = true
	return websocket.AppendRepaired(nil, line)
}

// addFragment frames in, which is as much of a line as the buffer holds, as a
// piece of a message that goes on, and returns how many bytes of in it has used.
// A character that is cut at the end stays for the next piece.
func (f *framer) addFragment(in []byte) (used int) {
	used = lazyio.WholeRunes(in)
	f.addPiece(in[:used], moreOfLine)
	return used
}

// fragment is addFragment for a caller that makes the frame itself: its first
// byte and the length of its payload. The length is 0, and nothing is done, when
// the payload must be changed.
func (f *framer) fragment(in []byte) (first byte, n int) {
	n = lazyio.WholeRunes(in)
	if f.encode != nil || f.cr || in[n-1] == '\r' || !utf8.Valid(in[:n]) {
		return 0, 0
	}
	if !f.open {
		first = websocket.OpText
	}
	f.open = true
	f.bytes += uint64(n)
	return first, n
}

// addLast frames the rest of a stream that does not end with a newline, if
// there is any: it is a message all the same.
func (f *framer) addLast(in []byte) {
	if len(in) > 0 || f.open {
		f.addPiece(in, endOfStream)
	}
}
