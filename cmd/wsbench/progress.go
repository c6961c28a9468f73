package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// How often the progress line is written: on a terminal in place, elsewhere
// line below line.
const (
	terminalPeriod = 200 * time.Millisecond
	plainPeriod    = 5 * time.Second
)

// progress writes a line that tells what is being measured and how far it is.
type progress struct {
	w        io.Writer
	terminal bool
	period   time.Duration

	done atomic.Int64 // messages, connections or sessions of this measurement
	stop chan struct{}
	wg   sync.WaitGroup
}

func newProgress(w io.Writer) *progress {
	p := &progress{w: w, period: plainPeriod}
	if f, ok := w.(*os.File); ok {
		info, err := f.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	if p.terminal {
		p.period = terminalPeriod
	}
	return p
}

// begin writes the first line, which says what is done and how many of n, and
// goes on until end.
func (p *progress) begin(what string, n int) {
	p.done.Store(0)
	p.tell(func() string { return fmt.Sprintf("%s: %d of %d", what, p.done.Load(), n) })
}

// tell writes what line returns, and goes on until end.
func (p *progress) tell(line func() string) {
	p.stop = make(chan struct{})
	p.show(line())
	// Ends with end, which waits for it.
	p.wg.Go(func() {
		tick := time.NewTicker(p.period)
		defer tick.Stop()
		for {
			select {
			case <-p.stop:
				return
			case <-tick.C:
				p.show(line())
			}
		}
	})
}

func (p *progress) show(line string) {
	if p.terminal {
		fmt.Fprintf(p.w, "\r%s\x1b[K", line)
		return
	}
	fmt.Fprintln(p.w, line)
}

// end stops, and clears the line on a terminal.
func (p *progress) end() {
	close(p.stop)
	p.wg.Wait()
	if p.terminal {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
