package session

import (
	"bytes"
	"unicode/utf8"

	"wsd/server/lazyio"
	"wsd/server/websocket"
)

// framer turns the bytes of a stream into the frames of messages, one message per
// line. It is the hot path from the backend to the client, and pure: bytes in,
// frames out. A line ends with "\n"; a "\r" before that is dropped, too.
type framer struct {
	frames []byte // whole frames, ready to be written
	// spare holds a line that must be changed before it is sent. It is reused
	// from line to line.
	spare []byte
	// encode, if not nil, changes a piece of a message; first and last say
	// whether the piece begins or ends its message.
	encode func(dst, piece []byte, first, last bool) []byte

	open     bool            // a message has begun and not ended
	cr       bool            // a "\r" at a fragment's end was held back
	repaired bool            // a line was not UTF-8
	count    websocket.Count // what has been framed since the last takeCount
}

// addLines frames the whole lines at the front of in and returns how many bytes
// of in they take up. searched is how many bytes of in are known to hold no
// newline.
func (f *framer) addLines(in []byte, searched int) (used int) {
	n := bytes.IndexByte(in[searched:], '\n')
	if n < 0 {
		return 0
	}
	n += searched
	// Checking all of it at once is faster than checking each line.
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

// following is what comes after a piece of a message.
type following int

const (
	moreOfLine  following = iota // the rest of the line
	endOfLine                    // its newline
	endOfStream                  // nothing
)

// addWhole frames a line that is known to need no change.
func (f *framer) addWhole(line []byte) {
	f.frames = websocket.AppendHeader(f.frames, websocket.FinBit|websocket.OpText, len(line))
	f.frames = append(f.frames, line...)
	f.count.Messages++
	f.count.Bytes += uint64(len(line))
}

// addPiece frames the next piece of a message. Piece by piece, a line of any
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
		f.count.Messages++
	}
	f.frames = websocket.AppendHeader(f.frames, op, len(piece))
	f.frames = append(f.frames, piece...)
	f.count.Bytes += uint64(len(piece))
	f.open = !last
}

// settleCR removes the "\r" before a newline. A "\r" at the end of a piece may be
// followed by one, so it is held back and put in front of the next piece.
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

// repair returns line as valid UTF-8, which it nearly always is already.
func (f *framer) repair(line []byte) []byte {
	if utf8.Valid(line) {
		return line
	}
	f.repaired = true
	return websocket.AppendRepaired(nil, line)
}

// addFragment frames in, the part of a line that fills the buffer, as a piece of
// an unfinished message, and returns how many bytes of in it has used. A
// character that is cut off at the end is left for the next piece.
func (f *framer) addFragment(in []byte) (used int) {
	used = lazyio.WholeRunes(in)
	f.addPiece(in[:used], moreOfLine)
	return used
}

// fragment is addFragment for a caller that makes the frame itself. It returns
// the frame's first byte and the length of its payload. The length is 0, and
// nothing is done, when the payload must be changed.
func (f *framer) fragment(in []byte) (first byte, n int) {
	n = lazyio.WholeRunes(in)
	if f.encode != nil || f.cr || in[n-1] == '\r' || !utf8.Valid(in[:n]) {
		return 0, 0
	}
	if !f.open {
		first = websocket.OpText
	}
	f.open = true
	f.count.Bytes += uint64(n)
	return first, n
}

// addLast frames the rest of a stream that does not end with a newline, if
// there is any: it is a message all the same.
func (f *framer) addLast(in []byte) {
	if len(in) > 0 || f.open {
		f.addPiece(in, endOfStream)
	}
}

// takeCount returns the count and resets it.
func (f *framer) takeCount() websocket.Count {
	c := f.count
	f.count = websocket.Count{}
	return c
}
