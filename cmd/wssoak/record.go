package main

import (
	"encoding/binary"
	"fmt"
	"os"
)

// recordSize is the size of a backend's record in the file of all records, in
// bytes; a session's number says where it stands. The backend writes it before and
// after each write to stdout, and after each read, and the file keeps it whatever
// becomes of the backend.
const recordSize = 9 * 8

// record is what a backend tells of itself.
type record struct {
	pid            int
	begun, written int64 // numbers of the last message that a write was begun for, and was done
	received       int64 // number of the last message that came, or should have
	faults         faults
	ended          bool // it exits with status 0 now
}

// readRecord reads a session's record; it is all zero before the backend runs.
func readRecord(f *os.File, session int64) (record, error) {
	var b [recordSize]byte
	// Short at the end of the file: a backend that has not run.
	if _, err := f.ReadAt(b[:], session*recordSize); err != nil {
		return record{}, fmt.Errorf("reading the record of session %d: %w", session, err)
	}
	var v [recordSize / 8]int64
	for i := range v {
		v[i] = int64(binary.LittleEndian.Uint64(b[i*8:]))
	}
	return record{
		pid: int(v[0]), begun: v[1], written: v[2], received: v[3],
		faults: faults{lost: v[4], duplicated: v[5], reordered: v[6], corrupted: v[7]},
		ended:  v[8] != 0,
	}, nil
}
