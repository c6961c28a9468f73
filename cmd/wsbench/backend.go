package main

import (
	"bytes"
	"fmt"
	"io"

	"wsd/cmd/internal/command"
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
func (f *backendFlags) Run(s command.Streams) error {
	switch f.Name {
	case "out":
		return writeLines(s, smallSize, f.Count)
	case "out-1k":
		return writeLines(s, lineSize, f.Count)
	case "count":
		return countLines(s)
	default:
		return copyReads(s.Out, s.In)
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
func writeLines(s command.Streams, size, n int) error {
	b := newBatch(size)
	if err := sayReady(s.Out); err != nil {
		return err
	}
	if _, err := s.In.Read(make([]byte, 1)); err != nil {
		return fmt.Errorf("waiting for the start: %w", err)
	}
	if err := b.sendLines(s.Out, n); err != nil {
		return fmt.Errorf("writing lines: %w", err)
	}
	return nil
}

// countLines says that it is ready, counts what arrives until a line "end" or
// the end of stdin, answers the count, and reads on until stdin ends.
func countLines(s command.Streams) error {
	if err := sayReady(s.Out); err != nil {
		return err
	}
	if err := countTo(newTally(), s); err != nil {
		return err
	}
	// The client is the one who closes.
	_, err := io.Copy(io.Discard, s.In)
	return err
}

func countTo(t *tally, s command.Streams) error {
	end := []byte(endText + "\n")
	buf := make([]byte, 256<<10)
	var tail []byte // the last bytes of all that came
	for !bytes.Equal(tail, end) {
		n, err := s.In.Read(buf)
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
	if _, err := fmt.Fprintln(s.Out, t); err != nil {
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
