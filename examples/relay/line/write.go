package line

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// waiting is how many lines of Tell and Offer may wait for a client that reads
// slowly. Those of Offer get half of it, so that there is room for what the client
// must know.
const waiting = 256

// ErrSlow is returned when too many lines wait for the client.
var ErrSlow = errors.New("the client reads too slowly")

// Writer writes lines to a client from its own goroutine, so that a client that
// does not read stops nobody else. Its methods may be called concurrently,
// but none after Close.
type Writer struct {
	lines   chan []byte   // of Tell and Offer
	patient chan []byte   // of Send
	done    chan struct{} // closed when the goroutine has ended
}

// NewWriter returns a Writer on w. Its goroutine ends after Close, or at the
// first error of w.
func NewWriter(w io.Writer) *Writer {
	out := &Writer{
		lines:   make(chan []byte, waiting),
		patient: make(chan []byte),
		done:    make(chan struct{}),
	}
	go out.write(bufio.NewWriterSize(w, 16<<10))
	return out
}

// write flushes when it must wait for the next line: lines that come together
// leave together, and none is held back.
func (w *Writer) write(buffer *bufio.Writer) {
	defer close(w.done)
	for {
		text, ok := w.next()
		if !ok && buffer.Flush() != nil {
			return
		}
		if !ok {
			select {
			case text, ok = <-w.lines:
			case text, ok = <-w.patient:
			}
		}
		if !ok { // closed
			return
		}
		buffer.Write(text) // an error stays, and the next line returns it
		if buffer.WriteByte('\n') != nil {
			return
		}
	}
}

// next returns a line if there is one.
func (w *Writer) next() (text []byte, ok bool) {
	select {
	case text, ok = <-w.lines:
	case text, ok = <-w.patient:
	default:
	}
	return text, ok
}

// Done is closed when nothing more is written. Before Close, it means that the
// client is gone.
func (w *Writer) Done() <-chan struct{} { return w.done }

// Tell writes a line that the client must get. With ErrSlow it can't, and the
// session can't go on.
func (w *Writer) Tell(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encoding a line: %w", err)
	}
	select {
	case w.lines <- text:
		return nil
	default:
		return ErrSlow
	}
}

// TellFault tells the client an *Error: a client that has made a mistake may go on.
// It returns any other error.
func (w *Writer) TellFault(err error) error {
	if fault, ok := errors.AsType[*Error](err); ok {
		return w.Tell(fault.Line())
	}
	return err
}

// Offer writes a line if the client keeps up, and returns whether it does.
func (w *Writer) Offer(v any) (bool, error) {
	if len(w.lines) >= waiting/2 {
		return false, nil
	}
	err := w.Tell(v)
	return err == nil, err
}

// Send writes a line, which is JSON already, once the client has read the lines of
// Send before it. Lines of Tell may overtake it. The error is io.ErrClosedPipe if
// the client is gone, or ctx's.
func (w *Writer) Send(ctx context.Context, text []byte) error {
	select {
	case w.patient <- text:
		return nil
	case <-w.done:
		return io.ErrClosedPipe
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close writes the waiting lines, for no longer than patience.
func (w *Writer) Close(patience time.Duration) {
	close(w.lines)
	select {
	case <-w.done:
	case <-time.After(patience):
	}
}
