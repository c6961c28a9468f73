package session

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"wsd/server/lazyio"
	"wsd/server/websocket"
)

// framer turns the bytes of a stream into the frames of messages, one message per
// line. It is the hot path from the backend to the client, and pure: bytes in,
// frames out. A line ends with "\n"; a "\r" before that is dropped, too.
type framer struct {
	frames []byte // whole frames, ready to be written; no more than a frameBuffer holds
	tag    tag    // what wraps each message, if not empty

	open     bool            // a message has begun and not ended
	cr       bool            // a "\r" at a fragment's end was held back
	repaired bool            // a line was not UTF-8
	count    websocket.Count // what has been framed since the last takeCount
}

// addLines frames the whole lines at the front of in and returns how many bytes
// of in they were. searched is how many bytes of in are known to hold no newline.
// full says that there is no room for more of them before frames have been sent.
func (f *framer) addLines(in []byte, searched int) (used int, full bool) {
	n := bytes.IndexByte(in[searched:], '\n')
	if n < 0 {
		return 0, false
	}
	n += searched
	// One look at all of it is quicker than one at each line.
	asIs := f.tag == "" && !f.open && utf8.Valid(in[:lazyio.WholeRunes(in)])
	for ; n >= 0; n = bytes.IndexByte(in[used:], '\n') {
		if line := in[used : used+n]; asIs {
			f.addWhole(lazyio.TrimCR(line))
		} else if taken, full := f.addFitting(line, endOfLine); full {
			return used + taken, true
		}
		used += n + 1
	}
	return used, false
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

// addFitting frames the next piece of a message, or as much of it as there is room
// for, and returns how many of its bytes it has used. full says that it was not
// all, and that the message goes on.
func (f *framer) addFitting(piece []byte, next following) (used int, full bool) {
	used, ok := f.fits(piece)
	switch {
	case !ok:
		return 0, true
	case used < len(piece):
		f.addPiece(piece[:used], moreOfLine)
		return used, true
	default:
		f.addPiece(piece, next)
		return used, false
	}
}

// fits returns how many bytes of piece the frames have room for, and false when
// they have none for anything. Of empty frames one byte of piece fits at least.
func (f *framer) fits(piece []byte) (n int, ok bool) {
	room := len(frameBuffer{}) - len(f.frames) - lazyio.Headroom - f.tag.overhead() - len(`\r`)
	if room < maxGrowth*utf8.UTFMax {
		return 0, false
	}
	if len(piece)*maxGrowth <= room {
		return len(piece), true
	}
	n = min(len(piece), room)
	if !utf8.Valid(piece) {
		n = min(n, room/maxGrowth) // each bad byte becomes the three of U+FFFD
	} else if f.tag != "" {
		n = escapable(piece[:n], room)
	}
	if n < len(piece) {
		if len(f.frames) > 0 {
			return 0, false // it may fit as a whole: only a long line leaves in fragments
		}
		n = lazyio.WholeRunes(piece[:n])
	}
	return n, true
}

// maxGrowth is how many bytes one byte of a line can become.
const maxGrowth = len(`\u0000`)

// addPiece frames the next piece of a message: in fragments, a line of any
// length passes through a buffer of fixed size.
func (f *framer) addPiece(piece []byte, next following) {
	piece = f.settleCR(piece, next)
	first, last := !f.open, next != moreOfLine
	piece = f.repair(piece)
	size := f.tag.size(piece, first, last)
	op := byte(websocket.OpContinuation)
	if first {
		op = websocket.OpText
	}
	if last {
		op |= websocket.FinBit
		f.count.Messages++
	}
	f.frames = slices.Grow(f.frames, lazyio.Headroom+size)
	f.frames = websocket.AppendHeader(f.frames, op, size)
	f.frames = f.tag.append(f.frames, piece, first, last)
	f.count.Bytes += uint64(size)
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

// addFragment frames in, which is as much of a line as the buffer holds, or what
// there is room for, as a piece of a message that goes on, and returns how many bytes
// of in it has used. A character that is cut at the end stays for the next piece.
func (f *framer) addFragment(in []byte) (used int) {
	used, _ = f.addFitting(in[:lazyio.WholeRunes(in)], moreOfLine)
	return used
}

// fragment is addFragment for a caller that makes the frame itself. It returns
// the frame's first byte and the length of its payload. The length is 0, and
// nothing is done, when the payload must be changed.
func (f *framer) fragment(in []byte) (first byte, n int) {
	n = lazyio.WholeRunes(in)
	if f.tag != "" || f.cr || in[n-1] == '\r' || !utf8.Valid(in[:n]) {
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
// there is any: it is a message all the same. It returns what addFitting does.
func (f *framer) addLast(in []byte) (used int, full bool) {
	if len(in) == 0 && !f.open {
		return 0, false
	}
	return f.addFitting(in, endOfStream)
}

// takeCount returns the count and resets it.
func (f *framer) takeCount() websocket.Count {
	c := f.count
	f.count = websocket.Count{}
	return c
}
