package server

import (
	"encoding/binary"
	"sync"
	"unicode/utf8"

	"github.com/coder/websocket"
)

// closeCode is a close code of RFC 6455 7.4.
type closeCode = websocket.StatusCode

// control holds the control frames that wait for their turn. There is at most
// one of each kind: an unsent pong gives way to a newer one (RFC 6455 5.5.3),
// and after a close frame nothing more is taken. So a client that sends a
// million pings and reads nothing costs no memory.
type control struct {
	mu                sync.Mutex
	pong, ping, close []byte
	closed            bool
}

// put takes a whole control frame and copies it.
func (c *control) put(frame []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || len(frame) == 0 {
		return
	}
	switch frame[0] & opBits {
	case opPong:
		c.pong = append(c.pong[:0], frame...)
	case opPing:
		c.ping = append(c.ping[:0], frame...)
	case opClose:
		c.close = append(c.close[:0], frame...)
		c.closed = true
	}
}

// waiting reports whether take would return frames.
func (c *control) waiting() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.pong)+len(c.ping)+len(c.close) > 0
}

// pingWaiting reports that a ping has not been sent yet.
func (c *control) pingWaiting() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.ping) > 0
}

// take returns the waiting frames and whether the last of them is a close frame.
func (c *control) take() (frames []byte, last bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	frames = append(frames, c.pong...)
	frames = append(frames, c.ping...)
	frames = append(frames, c.close...)
	last = len(c.close) > 0
	c.pong, c.ping, c.close = c.pong[:0], c.ping[:0], c.close[:0]
	return frames, last
}

// maxReason is the longest reason in a close frame, in bytes: a control frame
// carries 125 (RFC 6455 5.5), two of them the code.
const maxReason = 123

// closeFrame makes a close frame; a reason that is too long is cut between two
// characters.
func closeFrame(code closeCode, reason string) []byte {
	for len(reason) > maxReason {
		_, size := utf8.DecodeLastRuneInString(reason)
		reason = reason[:len(reason)-size]
	}
	frame := []byte{finBit | opClose, byte(2 + len(reason))}
	frame = binary.BigEndian.AppendUint16(frame, uint16(code))
	return append(frame, reason...)
}
