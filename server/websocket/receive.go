package websocket

import (
	"errors"
	"os"
	"time"
	"unicode/utf8"

	"wsd/server/lazyio"
)

const (
	// smallFrame is the largest payload, in bytes, of a frame that stays in the
	// reader's buffer until all of it has arrived.
	smallFrame = 4096
	// directRead is the smallest read, in bytes, that bypasses the reader's
	// buffer.
	directRead = lazyio.BufferSize / 4
)

// Receiver takes the messages that a client sends. It gathers whole ones into
// batches, and delivers a batch when it is full or when the next read could
// block: no whole message is ever held back, and ten thousand short messages cost
// one write. It belongs to one goroutine. Its exported fields, except the counts,
// are set before Run and not changed.
type Receiver struct {
	// Deliver takes a batch, or the next piece of a message that is longer than a
	// batch and has fully arrived. It may block: that is the back-pressure. b is
	// valid until it returns.
	Deliver func(b []byte)
	// Binary accepts binary messages, too, and puts nothing between messages.
	// Otherwise messages are lines: each is text, and a newline follows it.
	Binary bool
	// MaxMessage is the largest message that is accepted, in bytes. 0 means no
	// limit.
	MaxMessage int64
	// Evicted is called when this one has held most for longest of a Budget that others
	// wait for: the connection is to be closed as by ErrNoRoom, and Leave to be called.
	// It must not block. It may be called by any goroutine.
	Evicted func()

	// Messages and Bytes count the messages taken, and the bytes in them.
	Messages, Bytes uint64

	conn    *Conn
	batch   batch
	message message
	share   share
	left    uint64 // bytes left of the frame that is being read
	closed  bool   // a close frame has come, good or bad
}

// NewReceiver returns the one Receiver of c. Its unfinished messages count
// against budget.
func NewReceiver(c *Conn, budget *Budget) *Receiver {
	r := &Receiver{conn: c}
	r.share = share{budget: budget, evict: func() { r.Evicted() }}
	return r
}

// Run takes messages until the connection ends, or the client sends something
// that can't be accepted. Its error is never nil: a *Closed after a close frame,
// which has been answered, an *Error for a fault of the client, and otherwise
// whatever ended the connection. Rest then has what was not delivered.
func (r *Receiver) Run() error {
	for {
		b := r.conn.in.Unread()
		h, ok, err := ParseHeader(b, true)
		switch {
		case err != nil:
		case !ok:
			err = r.fill()
		case h.IsControl():
			err = r.takeControl(&h, b)
		default:
			err = r.takeData(&h, b)
		}
		if err != nil {
			if r.dropMessage() && errors.Is(err, os.ErrDeadlineExceeded) {
				err = ErrNoRoom
			}
			return err
		}
	}
}

// Leave is called when the connection is being closed: Run no longer waits for
// memory, and one that has been evicted doesn't wait for its client either. It may be
// called by any goroutine.
func (r *Receiver) Leave() {
	if r.share.leave() {
		r.conn.SetReadDeadline(time.Unix(0, 1))
	}
}

// Skim is called after Run has ended with an *Error and a close frame has been
// sent. It keeps reading and drops what comes, until the client sends its close
// frame (RFC 6455 7.1.1), ends its direction or falls silent. It reports whether
// more may come that can't be understood.
func (r *Receiver) Skim() (more bool) {
	if r.closed {
		return true
	}
	linger := newLinger(r.conn)
	for {
		b := r.conn.in.Unread()
		if n := min(r.left, uint64(len(b))); n > 0 {
			r.conn.in.Use(int(n))
			r.left -= n
			continue
		}
		if r.left > 0 {
			b = nil // no header begins inside a payload
		}
		h, ok, err := ParseHeader(b, true)
		switch {
		case err != nil:
			return true
		case !ok || h.IsControl() && len(b) < h.Size+int(h.Length):
			linger.await()
			err = r.conn.in.Fill()
		case h.IsControl():
			err = r.takeControl(&h, b)
		default:
			r.conn.in.Use(h.Size)
			r.left = h.Length
		}
		if err != nil {
			_, fault := err.(*Error)
			return fault
		}
	}
}

// Rest returns the whole messages that Run has taken and not delivered. They are
// valid until Release.
func (r *Receiver) Rest() []byte { return r.batch.buf }

// Release returns the memory of what is left.
func (r *Receiver) Release() {
	r.batch.buf = r.batch.buf[:0]
	r.batch.release()
}

// fill reads more bytes for r.conn.in; see lazyio.Reader.Fill.
func (r *Receiver) fill() error {
	r.beforeWait()
	r.conn.reading.Store(true)
	err := r.conn.in.Fill()
	r.conn.reading.Store(false)
	if err != nil {
		return err
	}
	r.conn.reads.Add(1)
	return nil
}

// beforeWait runs before each read that may block.
func (r *Receiver) beforeWait() {
	r.flush()
	r.batch.release()
}

// read reads at least one byte into p: from what has been read before, or else by
// one read of the socket. A large read goes straight into p, without the detour
// through the buffer.
func (r *Receiver) read(p []byte) (int, error) {
	in := r.conn.in
	if len(in.Unread()) == 0 {
		if len(p) >= directRead {
			return r.readDirectly(p)
		}
		if err := r.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, in.Unread())
	in.Use(n)
	return n, nil
}

func (r *Receiver) readDirectly(p []byte) (int, error) {
	r.beforeWait()
	r.conn.reading.Store(true)
	n, err := r.conn.Conn.Read(p)
	r.conn.reading.Store(false)
	if n == 0 {
		return 0, err
	}
	r.conn.reads.Add(1)
	return n, nil // the next read returns the error again
}

// takeControl takes a control frame whose header is at the front of b, once all
// of it has arrived.
func (r *Receiver) takeControl(h *Header, b []byte) error {
	size := h.Size + int(h.Length)
	if len(b) < size {
		return r.fill()
	}
	var payload [MaxControlPayload]byte
	p := payload[:copy(payload[:], b[h.Size:size])]
	Unmask(p, h.Mask, 0)
	r.conn.in.Use(size)
	switch h.Op {
	case OpPing:
		r.conn.answer(OpPong, p)
		return nil
	case OpPong:
		return nil // reading it was the sign of life
	default:
		r.closed = true
		err := parseClosePayload(p)
		if _, ok := err.(*Closed); ok {
			r.conn.answer(OpClose, p)
		}
		return err
	}
}

// takeData takes a data frame whose header is at the front of b.
func (r *Receiver) takeData(h *Header, b []byte) error {
	if err := r.checkFrame(h); err != nil {
		return err
	}
	single := h.Fin && !r.message.open
	switch arrived := uint64(len(b) - h.Size); {
	case single && arrived >= h.Length && h.Length < lazyio.BufferSize:
		err := r.takeWhole(h, b[h.Size:h.Size+int(h.Length)])
		r.conn.in.Use(h.Size + int(h.Length))
		return err
	case single && h.Length <= smallFrame:
		if h.Op == OpText && !mayBeText(h, b[h.Size:]) {
			return ErrNotUTF8
		}
		return r.fill()
	default:
		r.conn.in.Use(h.Size)
		return r.takePiece(h)
	}
}

// checkFrame refuses a data frame for what its header shows: its place among
// fragments (RFC 6455 5.4), its opcode, or the size that its message would have.
func (r *Receiver) checkFrame(h *Header) error {
	switch {
	case h.Op == OpContinuation && !r.message.open:
		return protocolError("continuation of no message")
	case h.Op != OpContinuation && r.message.open:
		return protocolError("message inside a message")
	case h.Op == OpBinary && !r.Binary:
		return ErrOnlyText
	case r.MaxMessage > 0 && h.Length > uint64(r.MaxMessage)-r.message.size:
		return ErrTooBig
	}
	return nil
}

// takeWhole takes a message that is one whole frame in the socket's buffer.
// Nearly all messages do.
func (r *Receiver) takeWhole(h *Header, payload []byte) error {
	if !r.batch.reserve(len(payload) + 1) {
		r.flush()
	}
	b := &r.batch
	start := len(b.buf)
	b.buf = append(b.buf, payload...)
	Unmask(b.buf[start:], h.Mask, 0)
	if h.Op == OpText && !utf8.Valid(b.buf[start:]) {
		b.buf = b.buf[:start]
		return ErrNotUTF8
	}
	r.endMessage(h.Length)
	return nil
}

// endMessage ends the message of size bytes that has been put into the batch, and
// counts it.
func (r *Receiver) endMessage(size uint64) {
	if !r.Binary {
		r.batch.buf = append(r.batch.buf, '\n')
	}
	r.Messages++
	r.Bytes += size
}

// mayBeText reports whether what has arrived of a small frame can be the
// beginning of a text: invalid text is refused as soon as it arrives.
func mayBeText(h *Header, payload []byte) bool {
	var part [smallFrame]byte
	n := copy(part[:], payload)
	Unmask(part[:n], h.Mask, 0)
	return utf8.Valid(part[:lazyio.WholeRunes(part[:n])])
}

// takePiece takes a frame, whose header has been read, as the next piece of a
// message.
func (r *Receiver) takePiece(h *Header) error {
	m := &r.message
	if !m.open {
		m.open, m.text = true, h.Op == OpText
	}
	for r.left = h.Length; r.left > 0; {
		if m.free == 0 && !r.growMessage() {
			return ErrNoRoom
		}
		room := m.room()
		n, err := r.read(room[:min(uint64(len(room)), r.left)])
		if err != nil {
			return err
		}
		Unmask(room[:n], h.Mask, h.Length-r.left)
		r.left -= uint64(n)
		if !m.add(n) {
			return ErrNotUTF8
		}
	}
	if !h.Fin {
		return nil
	}
	if !m.check.ended() {
		return ErrNotUTF8
	}
	r.passMessage()
	return nil
}

// growMessage waits for memory for the next piece of the message: that is the
// back-pressure. It reports false when there will be none. The first piece costs
// nothing: whoever sends no large messages depends on nobody who does.
func (r *Receiver) growMessage() bool {
	if len(r.message.pieces) > 0 && !r.share.take() {
		r.beforeWait()
		if !r.share.await() {
			return false
		}
	}
	r.message.grow()
	return true
}

// dropMessage forgets the message in the making and returns its memory. It reports
// whether that had been asked for.
func (r *Receiver) dropMessage() (evicted bool) {
	r.message.reset()
	return r.share.giveBack()
}

// passMessage passes on a message that has fully arrived. A piece that is not
// full goes into the batch, to leave together with what follows.
func (r *Receiver) passMessage() {
	m := &r.message
	size := m.size
	m.each(func(piece []byte) {
		if len(piece) == lazyio.BufferSize {
			r.flush()
			r.Deliver(piece)
			return
		}
		if !r.batch.reserve(len(piece) + 1) {
			r.flush()
		}
		r.batch.buf = append(r.batch.buf, piece...)
	})
	r.dropMessage()
	r.batch.reserve(1)
	r.endMessage(size)
}

// flush delivers the batch.
func (r *Receiver) flush() {
	if len(r.batch.buf) > 0 {
		r.Deliver(r.batch.buf)
		r.batch.buf = r.batch.buf[:0]
	}
}

// batch gathers whole messages.
type batch struct {
	borrowed *lazyio.Buffer // what buf lies in; nil while idle
	buf      []byte
}

// reserve makes sure that n more bytes fit, and reports false when they don't.
func (b *batch) reserve(n int) bool {
	if b.borrowed == nil {
		b.borrowed = lazyio.Take()
		b.buf = b.borrowed[:0]
	}
	return len(b.buf)+n <= cap(b.buf)
}

// release returns the memory of an empty batch.
func (b *batch) release() {
	if b.borrowed != nil && len(b.buf) == 0 {
		lazyio.Return(b.borrowed)
		*b = batch{}
	}
}
