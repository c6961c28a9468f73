package server

import (
	"errors"
	"os"
	"unicode/utf8"

	"wsd/exec"
	"wsd/server/lazyio"
)

// smallFrame is up to how many bytes of payload a frame that has not arrived
// yet is waited for where it lies.
const smallFrame = 4096

// receive is the pump from the socket to the backend's stdin. It ends when the
// connection does; a fault of the client ends the session first, and then
// receive reads on for the close frame.
func (s *session) receive() {
	defer close(s.received)
	err := s.takeFrames()
	s.flushLast()
	s.inbox.release()
	s.message.reset()
	s.end(received(err))
	if !endsConnection(err) && !isProtocolError(err) {
		err = s.skim()
	}
	s.lastRead = err
}

// takeFrames takes frames until the connection ends or the client sends what
// can't be taken. Its error is never nil.
func (s *session) takeFrames() error {
	for {
		b := s.conn.in.Unread()
		h, ok, err := parseHeader(b)
		switch {
		case err != nil:
		case !ok:
			err = s.conn.fill() // which flushes before it waits
		case h.isControl():
			err = s.takeControl(&h, b)
		default:
			err = s.takeData(&h, b)
		}
		if err != nil {
			return err
		}
	}
}

// takeData takes a data frame whose header is at the front of b.
func (s *session) takeData(h *frameHeader, b []byte) error {
	if err := s.checkFrame(h); err != nil {
		return err
	}
	single := h.fin && !s.message.open
	switch arrived := uint64(len(b) - h.size); {
	case single && arrived >= h.length && h.length < lazyio.BufferSize:
		err := s.takeWhole(h, b[h.size:h.size+int(h.length)])
		s.conn.in.Use(h.size + int(h.length))
		return err
	case single && h.length <= smallFrame:
		if h.op == opText && !s.mayBeText(h, b[h.size:]) {
			return errNotUTF8
		}
		return s.conn.fill()
	default:
		s.conn.in.Use(h.size)
		return s.takePiece(h)
	}
}

// checkFrame refuses a data frame by its header: by its place among fragments
// (RFC 6455 5.4), its kind, or the size that it gives its message.
func (s *session) checkFrame(h *frameHeader) error {
	cfg := &s.server.cfg
	switch {
	case h.op == opContinuation && !s.message.open:
		return protocolError("continuation of no message")
	case h.op != opContinuation && s.message.open:
		return protocolError("message inside a message")
	case h.op == opBinary && !cfg.Binary:
		return errOnlyText
	case cfg.MaxMessage > 0 && h.length > uint64(cfg.MaxMessage)-s.message.size:
		return errTooBig
	}
	return nil
}

// takeWhole takes a message that lies in the socket's buffer as one frame.
// Nearly all messages do.
func (s *session) takeWhole(h *frameHeader, payload []byte) error {
	if !s.inbox.reserve(len(payload) + 1) {
		s.flush()
	}
	in := &s.inbox
	start := len(in.buf)
	in.buf = append(in.buf, payload...)
	unmask(in.buf[start:], h.mask, 0)
	if h.op == opText && !utf8.Valid(in.buf[start:]) {
		in.buf = in.buf[:start]
		return errNotUTF8
	}
	s.in.bytes += h.length
	s.endMessage()
	return nil
}

// endMessage makes a line of what has been put into the inbox, if messages are
// lines, and counts it.
func (s *session) endMessage() {
	if !s.server.cfg.Binary {
		s.inbox.buf = append(s.inbox.buf, '\n')
	}
	s.in.messages++
}

// mayBeText reports whether the part of a small frame that has arrived can
// begin a text: a fault is to be seen when it arrives.
func (s *session) mayBeText(h *frameHeader, payload []byte) bool {
	var part [smallFrame]byte
	n := copy(part[:], payload)
	unmask(part[:n], h.mask, 0)
	return utf8.Valid(part[:wholeRunes(part[:n])])
}

// takePiece takes a frame, whose header has been read, as the next piece of a
// message.
func (s *session) takePiece(h *frameHeader) error {
	m := &s.message
	if !m.open {
		m.open, m.text = true, h.op == opText
	}
	for s.left = h.length; s.left > 0; {
		room := m.room()
		if room == nil {
			return errNoRoom
		}
		n, err := s.conn.read(room[:min(uint64(len(room)), s.left)])
		if err != nil {
			return err
		}
		unmask(room[:n], h.mask, h.length-s.left)
		s.left -= uint64(n)
		if !m.add(n) {
			return errNotUTF8
		}
	}
	if !h.fin {
		return nil
	}
	if !m.check.ended() {
		return errNotUTF8
	}
	s.passMessage()
	return nil
}

// passMessage passes on a message that has become whole. What does not fill a
// piece goes by way of the inbox, to leave together with what follows.
func (s *session) passMessage() {
	m := &s.message
	s.in.bytes += m.size
	m.each(func(piece []byte) {
		if len(piece) == lazyio.BufferSize {
			s.flush()
			s.toBackend(piece)
			return
		}
		if !s.inbox.reserve(len(piece) + 1) {
			s.flush()
		}
		s.inbox.buf = append(s.inbox.buf, piece...)
	})
	m.reset()
	s.inbox.reserve(1)
	s.endMessage()
}

// flush passes what is in the inbox on to the backend.
func (s *session) flush() {
	if len(s.inbox.buf) > 0 {
		s.toBackend(s.inbox.buf)
		s.inbox.buf = s.inbox.buf[:0]
	}
}

// flushLast is the flush when no more will come. It is not waited for without
// end: a backend that takes nothing for as long as the ladder is patient is a case
// for the ladder.
func (s *session) flushLast() {
	if b := s.inbox.buf; len(b) > 0 && s.proc != nil && !s.deafBackend {
		s.proc.Stdin.WriteWithin(exec.Patience+s.server.cfg.CloseDelay, b)
	}
	s.inbox.buf = s.inbox.buf[:0]
}

// flushAndRelease runs before each read that may block.
func (s *session) flushAndRelease() {
	s.flush()
	s.inbox.release()
}

// toBackend writes to stdin and blocks until the backend's pipe has taken all
// of b. A backend that has closed its stdin has not ended the session: what comes
// is dropped from then on.
func (s *session) toBackend(b []byte) {
	s.lifetime.crossed()
	if s.deafBackend || s.proc == nil {
		return
	}
	s.inStdin.Store(true)
	_, err := s.proc.Stdin.Write(b)
	s.inStdin.Store(false)
	s.deafBackend = err != nil
	if err != nil && !errors.Is(err, os.ErrClosed) {
		s.log.Debug("backend takes no more input; messages are dropped", "err", err)
	}
}

// skim reads and drops frames until the connection ends: after the session's
// end, what still matters is the client's close frame (RFC 6455 7.1.1).
func (s *session) skim() error {
	for {
		b := s.conn.in.Unread()
		if s.left > 0 { // of a frame
			n := min(s.left, uint64(len(b)))
			s.conn.in.Use(int(n))
			s.left -= n
			b = s.conn.in.Unread()
		}
		var h frameHeader
		var ok bool
		var err error
		if s.left == 0 {
			h, ok, err = parseHeader(b)
		}
		switch {
		case err != nil:
		case !ok:
			err = s.conn.fill()
		case h.isControl():
			err = s.takeControl(&h, b)
		default:
			s.conn.in.Use(h.size)
			s.left = h.length
		}
		if err != nil {
			return err
		}
	}
}
