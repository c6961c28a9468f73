package server

import (
	"encoding/binary"
	"errors"
	"sync"
	"unicode/utf8"
)

// takeControl takes a control frame whose header is at the front of b, once all
// of it has arrived.
func (s *session) takeControl(h *frameHeader, b []byte) error {
	size := h.size + int(h.length)
	if len(b) < size {
		return s.conn.fill()
	}
	var payload [maxControlPayload]byte
	p := payload[:copy(payload[:], b[h.size:size])]
	unmask(p, h.mask, 0)
	s.conn.in.Use(size)
	switch h.op {
	case opPing:
		s.conn.answer(opPong, p)
		return nil
	case opPong:
		return nil // its bytes have been a sign of life; see keepalive
	default:
		err := parseClosePayload(p)
		if errors.As(err, new(closedError)) {
			s.conn.answer(opClose, p)
		}
		return err
	}
}

// closedError is the end of a connection by the client's close frame.
type closedError struct {
	code   closeCode
	reason string
}

func (e closedError) Error() string { return "client closed" }

// parseClosePayload returns what the payload of a close frame says: a closedError when
// it is as RFC 6455 5.5.1 and 7.4 have it.
func parseClosePayload(p []byte) error {
	if len(p) == 0 {
		return closedError{code: codeNone}
	}
	if len(p) < 2 {
		return protocolError("bad close frame")
	}
	code, reason := closeCode(binary.BigEndian.Uint16(p)), p[2:]
	if !mayBeSent(code) {
		return protocolError("bad close code")
	}
	if !utf8.Valid(reason) {
		return errNotUTF8
	}
	return closedError{code, string(reason)}
}

// closeFrame makes a close frame; a reason that is too long is cut between two
// characters.
func closeFrame(code closeCode, reason string) []byte {
	for len(reason) > maxControlPayload-2 {
		_, size := utf8.DecodeLastRuneInString(reason)
		reason = reason[:len(reason)-size]
	}
	return append(binary.BigEndian.AppendUint16([]byte{finBit | opClose, byte(2 + len(reason))}, uint16(code)), reason...)
}

// controlFrames are the control frames that wait for their turn. There is at
// most one of each kind: an unsent pong gives way to a newer one (RFC 6455
// 5.5.3), and after a close frame nothing more is taken. So a client that sends a
// million pings and reads nothing costs no memory.
type controlFrames struct {
	mu                sync.Mutex
	pong, ping, close []byte
	closed            bool
}

// put takes a whole control frame and copies it.
func (c *controlFrames) put(frame []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
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
func (c *controlFrames) waiting() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.pong)+len(c.ping)+len(c.close) > 0
}

// take returns the waiting frames and whether the last of them is a close frame.
func (c *controlFrames) take() (frames []byte, last bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	frames = append(frames, c.pong...)
	frames = append(frames, c.ping...)
	frames = append(frames, c.close...)
	last = len(c.close) > 0
	c.pong, c.ping, c.close = c.pong[:0], c.ping[:0], c.close[:0]
	return frames, last
}
