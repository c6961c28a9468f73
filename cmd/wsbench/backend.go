package main

import (
	"bytes"
	"fmt"
	"io"
)

// Sizes of the scenarios' messages, in bytes.
const (
	smallSize = 64
	lineSize  = 1024
	bigSize   = 500_000
)

// readyText is the first line of the backends out and count: the process runs,
// the clock may start.
const readyText = "ready"

// Run plays the backend that the command line names.
func (f *backendFlags) Run(s streams) error {
	switch f.Name {
	case "out":
		return writeLines(s, smallSize, f.Count)
	case "out-1k":
		return writeLines(s, lineSize, f.Count)
	case "count":
		return countLines(s)
	default:
		return copyReads(s.out, s.in)
	}
}

func sayReady(w io.Writer) error {
	if _, err := fmt.Fprintln(w, readyText); err != nil {
		return fmt.Errorf("saying ready: %w", err)
	}
	return nil
}

// writeLines says that it is ready, waits until anything arrives, writes n lines
// of size bytes, and ends.
func writeLines(s streams, size, n int) error {
	b := newBatch(size)
	if err := sayReady(s.out); err != nil {
		return err
	}
	if _, err := s.in.Read(make([]byte, 1)); err != nil {
		return fmt.Errorf("waiting for the start: %w", err)
	}
	if err := b.sendLines(s.out, n); err != nil {
		return fmt.Errorf("writing lines: %w", err)
	}
	return nil
}

// countLines says that it is ready, counts what arrives until a line "end" or
// the end of stdin, answers the count, and reads on until stdin ends.
func countLines(s streams) error {
	if err := sayReady(s.out); err != nil {
		return err
	}
	if err := countTo(newTally(), s); err != nil {
		return err
	}
	// The client is the one who closes.
	_, err := io.Copy(io.Discard, s.in)
	return err
}

func countTo(t *tally, s streams) error {
	end := []byte(endText + "\n")
	buf := make([]byte, 256<<10)
	var tail []byte // the last bytes of all that came
	for !bytes.Equal(tail, end) {
		n, err := s.in.Read(buf)
		_, _ = t.Write(buf[:n])
		tail = append(tail, buf[max(0, n-len(end)):n]...)
		tail = tail[max(0, len(tail)-len(end)):]
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("counting lines: %w", err)
		}
	}
	if _, err := fmt.Fprintln(s.out, t); err != nil {
		return fmt.Errorf("answering the count: %w", err)
	}
	return nil
}

// copyReads passes on what each read brings, in one write.
func copyReads(w io.Writer, r io.Reader) error {
	buf := make([]byte, 128<<10)
	for {
		n, err := r.Read(buf)
		if n > 0 {
			if _, err := w.Write(buf[:n]); err != nil {
				return fmt.Errorf("echoing: %w", err)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading: %w", err)
		}
	}
}
