package server

import "wsd/server/lazyio"

// inbox gathers whole messages on their way to the backend's stdin, so that one
// write carries many. It belongs to the receiving goroutine.
type inbox struct {
	borrowed *lazyio.Buffer // what buf lies in; nil while idle
	buf      []byte
}

// reserve makes sure that n more bytes fit, and reports false when they don't.
func (in *inbox) reserve(n int) bool {
	if in.borrowed == nil {
		in.borrowed = lazyio.Take()
		in.buf = in.borrowed[:0]
	}
	return len(in.buf)+n <= cap(in.buf)
}

// release returns the memory of an empty inbox.
func (in *inbox) release() {
	if in.borrowed != nil && len(in.buf) == 0 {
		lazyio.Return(in.borrowed)
		*in = inbox{}
	}
}
