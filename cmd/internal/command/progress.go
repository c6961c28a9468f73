package command

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// How often the progress line is written: to a terminal, in place, and to anything
// else, line after line.
const (
	terminalPeriod = 200 * time.Millisecond
	plainPeriod    = 5 * time.Second
)

// Progress writes what line returns to w, again and again until end is called. On a
// terminal the line stays in place and end clears it.
func Progress(w io.Writer, line func() string) (end func()) {
	period, before, after := plainPeriod, "", "\n"
	if isTerminal(w) {
		period, before, after = terminalPeriod, "\r", "\x1b[K"
	}
	show := func() { fmt.Fprint(w, before+line()+after) }
	show()
	stop := make(chan struct{})
	var wg sync.WaitGroup
	// Ends with end, which waits for it.
	wg.Go(func() {
		tick := time.NewTicker(period)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				show()
			}
		}
	})
	return func() {
		close(stop)
		wg.Wait()
		if before != "" {
			fmt.Fprint(w, before+after)
		}
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
