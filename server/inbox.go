package server

// inbox gathers whole messages on their way to the backend's stdin, so that one
// write carries many. It belongs to the receiving goroutine.
type inbox struct {
	borrowed *buffer // what buf lies in; nil while idle
	buf      []byte
}

// reserve makes sure that n more bytes fit, and reports false when they don't.
func (in *inbox) reserve(n int) bool {
	if in.borrowed == nil {
		in.borrowed = takeBuffer()
		in.buf = in.borrowed[:0]
	}
	return len(in.buf)+n <= cap(in.buf)
}

// release returns the memory of an empty inbox.
func (in *inbox) release() {
	if in.borrowed != nil && len(in.buf) == 0 {
		returnBuffer(in.borrowed)
		*in = inbox{}
	}
}
