package server

import (
	"context"
	"errors"
	"io"
	"os"
	"unicode/utf8"

	"github.com/coder/websocket"
)

// receive is the pump from the socket to the backend's stdin. It ends when the
// connection does; a fault of the client ends the session first, and then
// receive reads on for the close frame.
func (s *session) receive() {
	defer close(s.received)
	err := s.takeMessages()
	s.flush()
	s.inbox.release()
	why := received(err)
	s.end(why)
	if why.code != codeProtocol {
		err = s.skim(err)
	}
	s.lastRead = err
}

// takeMessages takes messages until the connection ends or the client sends
// what can't be taken. Its error is never nil.
func (s *session) takeMessages() error {
	for {
		frame, sight := nextFrame(s.conn.in.unread())
		var err error
		switch sight {
		case wholeFrame:
			err = s.takeFrame(&frame)
			s.conn.in.use(frame.size())
		case largeFrame:
			s.conn.in.use(frame.header)
			err = s.takeLarge(&frame)
		case partialFrame:
			err = s.conn.fill() // which flushes before it waits
		case otherFrame:
			err = s.takeFromLibrary()
		}
		if err != nil {
			return err
		}
	}
}

// takeFrame takes a message that lies in the socket's buffer as one frame.
func (s *session) takeFrame(f *dataFrame) error {
	if err := s.checkMessage(f.text, f.length); err != nil {
		return err
	}
	in := &s.inbox
	in.borrow()
	if len(in.buf)+len(f.payload)+1 > cap(in.buf) {
		s.flush()
	}
	in.buf = f.appendUnmasked(in.buf)
	if f.text && !utf8.Valid(in.making()) {
		in.drop()
		return errNotUTF8
	}
	s.keepMessage()
	return nil
}

// takeFromLibrary takes a message by way of the library: one in fragments, or
// one that comes after control frames, which the library answers.
func (s *session) takeFromLibrary() error {
	typ, r, err := s.ws.Reader(context.Background()) // a context that ends would drop the connection
	if err != nil {
		return err
	}
	if err := s.readMessage(r, typ == websocket.MessageText); err != nil {
		s.inbox.drop()
		s.unfinished = r
		return err
	}
	s.keepMessage()
	return nil
}

// readMessage reads a message into the inbox. It asks for no more bytes than
// have come, so that a fault is seen when it has arrived.
func (s *session) readMessage(r io.Reader, isText bool) error {
	s.flush() // now: while a read fills the inbox, nothing in it may move
	in := &s.inbox
	in.begin()
	var text utf8Check
	for {
		room := in.room()
		n, err := r.Read(room[:max(1, min(len(s.conn.in.unread()), len(room)))])
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		message := in.extend(n)
		if err := s.checkMessage(isText, len(message)); err != nil {
			return err
		}
		if isText && (!text.add(room[:n]) || err != nil && !text.ended()) {
			return errNotUTF8
		}
		if err != nil {
			return nil
		}
	}
}

// checkMessage refuses a message by its kind or by its size in bytes.
func (s *session) checkMessage(text bool, size int) error {
	cfg := &s.server.cfg
	if !text && !cfg.Binary {
		return errOnlyText
	}
	if cfg.MaxMessage > 0 && int64(size) > cfg.MaxMessage {
		return errTooBig
	}
	return nil
}

// keepMessage counts the message in the making and lets it go on its way.
func (s *session) keepMessage() {
	in := &s.inbox
	s.in.messages++
	s.in.bytes += uint64(len(in.making()))
	in.keep(!s.server.cfg.Binary)
	if in.whole >= bufferSize {
		s.flush()
	}
}

// flush passes the whole messages on to the backend.
func (s *session) flush() {
	in := &s.inbox
	if in.whole > 0 {
		s.toBackend(in.buf[:in.whole])
		in.written()
	}
}

// toBackend writes to stdin and blocks until the backend's pipe has taken all
// of b. A backend that has closed its stdin has not ended the session: what comes
// is dropped from then on.
func (s *session) toBackend(b []byte) {
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

// flushAndRelease runs before each read that may block.
func (s *session) flushAndRelease() {
	s.flush()
	s.inbox.release()
}

// skim reads and drops messages until the connection ends: after the session's
// end, what still matters is the client's close frame (RFC 6455 7.1.1).
func (s *session) skim(err error) error {
	for s.left > 0 && !endsConnection(err) {
		n := min(s.left, len(s.conn.in.unread()))
		if s.conn.in.use(n); n == 0 {
			err = s.conn.fill()
		}
		s.left -= n
	}
	if s.unfinished != nil {
		if _, err := io.Copy(io.Discard, s.unfinished); err != nil {
			return err
		}
	}
	for !endsConnection(err) {
		var r io.Reader
		if _, r, err = s.ws.Reader(context.Background()); err == nil {
			_, err = io.Copy(io.Discard, r)
		}
	}
	return err
}
