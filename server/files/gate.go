package files

import (
	"context"
	"os"
)

// GateWidth is how many threads wait for the file system at most. Whoever starts
// wsd under a limit on threads keeps as many in reserve.
const GateWidth = 8

// gate has an item for each that has passed it. There is one for the process, as
// there is one limit on its threads.
var gate = make(chan struct{}, GateWidth)

// Pass calls f, which looks at the file system or reads from it, and which may
// take long: a disk that is slow, a server that does not answer. All the while it
// has a thread of the operating system. The others wait here, without one. The
// error is that of ctx, if it was done before f's turn came.
func Pass(ctx context.Context, f func()) error {
	select {
	case gate <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-gate }()
	f()
	return nil
}

// gated is a file each read of which passes the gate. What is read is written
// outside: a client that takes nothing keeps nobody from reading.
type gated struct {
	ctx  context.Context // of the request for it
	file *os.File
}

// Read implements io.Reader.
func (g gated) Read(p []byte) (n int, err error) {
	if left := Pass(g.ctx, func() { n, err = g.file.Read(p) }); left != nil {
		return 0, left
	}
	return n, err
}

// Seek implements io.Seeker. It only notes where to read on.
func (g gated) Seek(offset int64, whence int) (int64, error) { return g.file.Seek(offset, whence) }
