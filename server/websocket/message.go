package websocket

import "wsd/server/lazyio"

// message is an unfinished message that is not one whole frame in the socket's
// buffer: it comes in fragments, or is large, or has not fully arrived. It is
// kept in pieces until it is whole, since the backend must not see half a
// message, and checked as it arrives. Memory grows with what arrives, not with
// what a header promises. It belongs to the receiving goroutine.
type message struct {
	open   bool // its first frame has begun, its last one has not ended
	text   bool
	size   uint64
	check  utf8Check
	pieces []*lazyio.Buffer
	free   int // free bytes at the end of the last piece
}

// grow makes room for another lazyio.BufferSize bytes.
func (m *message) grow() {
	m.pieces = append(m.pieces, lazyio.Take())
	m.free = lazyio.BufferSize
}

// room is the free space for the next bytes. It is empty when the message must grow.
func (m *message) room() []byte {
	if m.free == 0 {
		return nil
	}
	return m.pieces[len(m.pieces)-1].Body()[lazyio.BufferSize-m.free:]
}

// add adds the first n bytes of room to the message, and reports false when they
// show that a text message is not UTF-8.
func (m *message) add(n int) bool {
	arrived := m.room()[:n]
	m.free -= n
	m.size += uint64(n)
	return !m.text || m.check.add(arrived)
}

// each calls f with the message's bytes, piece by piece.
func (m *message) each(f func(piece []byte)) {
	for i, piece := range m.pieces {
		end := lazyio.BufferSize
		if i == len(m.pieces)-1 {
			end -= m.free
		}
		f(piece.Body()[:end])
	}
}

// reset forgets the message and returns its memory.
func (m *message) reset() {
	for _, piece := range m.pieces {
		lazyio.Return(piece)
	}
	clear(m.pieces)
	*m = message{pieces: m.pieces[:0]} // or each large message would make a new list
}
