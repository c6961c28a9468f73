package main

import (
	"bytes"
	"fmt"
	"hash/crc32"
)

// tally is what count knows of the bytes it was given.
type tally struct {
	lines, bytes int64
	table        *crc32.Table
	crc          uint32
}

func newTally() *tally { return &tally{table: crc32.MakeTable(crc32.Castagnoli)} }

func (t *tally) String() string { return fmt.Sprintf("%d %d %08x", t.lines, t.bytes, t.crc) }

// Write counts b; it never fails.
func (t *tally) Write(b []byte) (int, error) {
	t.lines += int64(bytes.Count(b, []byte{'\n'}))
	t.bytes += int64(len(b))
	t.crc = crc32.Update(t.crc, t.table, b)
	return len(b), nil
}

// total is what the count backend answers to n messages of this batch and the
// one that ends them: lines, bytes and the CRC-32C of it all.
func (b *batch) total(n int) string {
	t := newTally()
	// A tally's Write can't fail.
	_ = b.sendLines(t, n)
	_, _ = t.Write([]byte(endText + "\n"))
	return t.String()
}
