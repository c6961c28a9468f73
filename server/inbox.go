package server

// inbox gathers whole messages on their way to the backend's stdin, so that one
// write carries many. A message in the making may stand behind them: it counts
// only once it is whole and valid. It belongs to the receiving goroutine.
type inbox struct {
	borrowed *buffer // what buf starts out as; nil while idle
	buf      []byte
	whole    int  // buf[:whole] are whole messages
	begun    bool // somebody fills in the message in the making, through room
}

// begin makes the inbox ready to be filled through room; keep or drop end that.
func (in *inbox) begin() {
	in.borrow()
	in.begun = true
}

func (in *inbox) borrow() {
	if in.borrowed == nil {
		in.borrowed = takeBuffer()
		in.buf = in.borrowed[:0]
	}
}

// release returns the memory unless it is in use.
func (in *inbox) release() {
	if in.borrowed != nil && len(in.buf) == 0 && !in.begun {
		returnBuffer(in.borrowed)
		*in = inbox{}
	}
}

// room returns free space behind the message in the making, for extend.
func (in *inbox) room() []byte {
	if len(in.buf) == cap(in.buf) {
		in.buf = append(make([]byte, 0, 2*cap(in.buf)), in.buf...)
	}
	return in.buf[len(in.buf):cap(in.buf)]
}

// extend adds the first n bytes of room to the message in the making, and
// returns that.
func (in *inbox) extend(n int) []byte {
	in.buf = in.buf[:len(in.buf)+n]
	return in.making()
}

// making returns the message in the making.
func (in *inbox) making() []byte { return in.buf[in.whole:] }

// drop forgets the message in the making.
func (in *inbox) drop() {
	in.buf = in.buf[:in.whole]
	in.begun = false
}

// keep makes the message in the making a whole one, and a line if it is one.
func (in *inbox) keep(line bool) {
	if line {
		in.buf = append(in.buf, '\n')
	}
	in.whole = len(in.buf)
	in.begun = false
}

// written forgets the whole messages.
func (in *inbox) written() {
	in.buf = in.buf[:copy(in.buf, in.making())]
	in.whole = 0
}
