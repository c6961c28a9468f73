package main

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"io"

	"wsd/cmd/internal/command"
)

// Sizes of the scenarios' messages, in bytes.
const (
	smallSize = 64
	lineSize  = 1024
	bigSize   = 500_000
)

// readyText is the first line of the backends out, out-1k and count: the process
// runs, and the clock may start.
const readyText = "ready"

// Run acts as the backend that the command line names.
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
	if err := countTo(new(tally), s); err != nil {
		return err
	}
	// It is the client that closes.
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

// copyReads passes on what each read returns in one write.
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

// tally counts what is written to it.
type tally struct {
	lines, bytes int64
	crc          uint32
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (t *tally) String() string { return fmt.Sprintf("%d %d %08x", t.lines, t.bytes, t.crc) }

// Write counts b; it never fails.
func (t *tally) Write(b []byte) (int, error) {
	t.lines += int64(bytes.Count(b, []byte{'\n'}))
	t.bytes += int64(len(b))
	t.crc = crc32.Update(t.crc, castagnoli, b)
	return len(b), nil
}

// total is what the backend count answers to n messages of this batch and the one
// that ends them: lines, bytes and the CRC-32C of it all.
func (b *batch) total(n int) string {
	t := new(tally) // its Write never fails
	_ = b.sendLines(t, n)
	_, _ = t.Write([]byte(endText + "\n"))
	return t.String()
}
