package main

import (
	_ "embed"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"wsd/cmd/internal/command"
)

//go:embed backend.pl
var backendScript []byte

// writeBackend writes the backend and an empty file of records into dir, and returns
// the backend's command line.
func writeBackend(dir string) (argv []string, records *os.File, err error) {
	perl, err := exec.LookPath("perl")
	if err != nil {
		return nil, nil, command.Usage(fmt.Errorf("looking for what runs the backends: %w", err), "install perl; its base package is enough")
	}
	script := filepath.Join(dir, "backend.pl")
	if err := os.WriteFile(script, backendScript, 0o600); err != nil {
		return nil, nil, fmt.Errorf("writing the backend: %w", err)
	}
	records, err = os.Create(filepath.Join(dir, "records"))
	if err != nil {
		return nil, nil, fmt.Errorf("making the file of records: %w", err)
	}
	return []string{perl, "-w", script, records.Name()}, records, nil
}

// recordSize is the size of a record in bytes. The file of records has one for each
// backend, at the place that the session's number gives. A backend writes its record
// before and after each write to stdout and after each read, so it is there even if
// the backend is killed.
const recordSize = 9 * 8

// record is what a backend says of itself.
type record struct {
	pid            int
	begun, written int64 // numbers of the last messages whose write has begun and has ended
	received       int64 // number of the last message that has arrived, or should have
	faults         faults
	ended          bool // it is about to exit with status 0
}

// readRecord reads a session's record. A backend that has not begun has none.
func readRecord(f *os.File, session int64) (record, error) {
	var b [recordSize]byte
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
