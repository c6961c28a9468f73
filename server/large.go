package server

// largeMessage is a message of one frame that the socket's buffer can't hold. It
// is kept in pieces until it is whole: the backend must not see half a message.
// Memory grows with what arrives, not with what a header promises.
type largeMessage struct {
	pieces []*buffer
	free   int // bytes at the end of the last piece
}

// room returns free space for the next bytes, for extend.
func (m *largeMessage) room() []byte {
	if m.free == 0 {
		m.pieces = append(m.pieces, takeBuffer())
		m.free = bufferSize
	}
	return m.pieces[len(m.pieces)-1].body()[bufferSize-m.free:]
}

// extend adds the first n bytes of room to the message.
func (m *largeMessage) extend(n int) { m.free -= n }

// release returns the pieces.
func (m *largeMessage) release() {
	for _, piece := range m.pieces {
		returnBuffer(piece)
	}
}

// takeLarge takes a message that is one large frame, whose header has been read.
func (s *session) takeLarge(f *dataFrame) error {
	s.left = f.length
	if err := s.checkMessage(f.text, f.length); err != nil {
		return err
	}
	var m largeMessage
	defer m.release()
	if err := s.readLarge(f, &m); err != nil {
		return err
	}
	if !s.server.cfg.Binary {
		m.room()[0] = '\n'
		m.extend(1)
	}
	s.flush() // what came before it
	for i, piece := range m.pieces {
		end := bufferSize
		if i == len(m.pieces)-1 {
			end -= m.free
		}
		s.toBackend(piece.body()[:end])
	}
	s.in.messages++
	s.in.bytes += uint64(f.length)
	return nil
}

// readLarge reads the payload into m and checks it as it arrives.
func (s *session) readLarge(f *dataFrame, m *largeMessage) error {
	var text utf8Check
	for s.left > 0 {
		room := m.room()
		n, err := s.conn.read(room[:min(len(room), s.left)])
		if err != nil {
			return err
		}
		arrived := room[:n]
		unmask(arrived, f.mask, f.length-s.left)
		s.left -= n
		m.extend(n)
		if f.text && (!text.add(arrived) || s.left == 0 && !text.ended()) {
			return errNotUTF8
		}
	}
	return nil
}
