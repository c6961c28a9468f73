package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// line is the progress line.
func (s *soak) line() string {
	full := time.Duration(s.full.Load())
	where := "opening"
	if full > 0 {
		up := min(time.Since(s.start)-full, s.duration)
		where = fmt.Sprintf("%v of %v", up.Round(time.Second), s.duration)
		if up == s.duration {
			where = "ending"
		}
	}
	c := &s.counts
	return fmt.Sprintf("%s: %d sessions open, %d opened so far; clients sent %d messages and received %d; %d sessions went wrong",
		where, c.open.Load(), c.opened.Load(), c.sent.Load(), c.received.Load(), c.blamed())
}

// report writes the results as Markdown tables, then what went wrong.
func (s *soak) report(w io.Writer) error {
	var b strings.Builder
	row := func(name string, format string, args ...any) {
		fmt.Fprintf(&b, "| %s | %s |\n", name, fmt.Sprintf(format, args...))
	}
	b.WriteString("| soak | |\n| --- | ---: |\n")
	c := &s.counts
	c.mu.Lock()
	defer c.mu.Unlock()
	row("sessions at once", "%d for %v", c.most, s.lasted.Round(time.Second))
	row("sessions in all", "%d", c.opened.Load())
	for e, n := range c.kinds {
		row(ending(e).String(), "%d", n)
	}
	rate := func(n int64) string { return fmt.Sprintf("%.0f", float64(n)/s.lasted.Seconds()) }
	row("messages to backends", "%d", c.backends)
	row("messages to clients", "%d", c.received.Load())
	row("messages/s in, out", "%s, %s", rate(s.up.sent), rate(s.up.received))
	row("lost", "%d", c.faults.lost)
	row("duplicated", "%d", c.faults.duplicated)
	row("reordered", "%d", c.faults.reordered)
	row("corrupted", "%d", c.faults.corrupted)
	row("sessions that went wrong", "%d", c.wrong)
	row("leaks", "%d", len(s.leaked))
	s.reportDaemons(&b)
	for _, note := range append(c.notes, s.leaked...) {
		fmt.Fprintf(&b, "\n- %s", note)
	}
	if len(c.notes)+len(s.leaked) > 0 {
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// reportDaemons writes what each daemon held at its start and in the end, and its
// peak memory.
func (s *soak) reportDaemons(b *strings.Builder) {
	mebibytes := func(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }
	b.WriteString("\n| daemon | sessions | memory at the start | peak | at the end | children | descriptors | threads | goroutines |\n")
	b.WriteString("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	for _, d := range s.daemons {
		fmt.Fprintf(b, "| %s | %d | %s | %s | %s | %d, %d | %d, %d | %d, %d | %s, %s |\n", d.name, d.share.sessions,
			mebibytes(d.before.Memory), mebibytes(d.after.Peak), mebibytes(d.after.Memory),
			d.before.children, d.after.children, d.before.Descriptors, d.after.Descriptors,
			d.before.Threads, d.after.Threads, orUnknown(d.idle), orUnknown(d.after.goroutines))
	}
}

func orUnknown(n int) string {
	if n < 0 {
		return "n/a"
	}
	return fmt.Sprint(n)
}

// verdict is an error if anything is not as it should be.
func (s *soak) verdict() error {
	c := &s.counts
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.faults == (faults{}) && c.wrong == 0 && len(s.leaked) == 0 {
		return nil
	}
	return fmt.Errorf("%v; %d sessions went wrong; %d leaks", c.faults, c.wrong, len(s.leaked))
}
