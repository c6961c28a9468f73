package main

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"wsd/cmd/internal/command"
)

//go:embed backend.pl
var backendScript []byte

// writeBackend puts the backend and an empty file of records into dir, and
// returns the backend's command line.
func writeBackend(dir string) (argv []string, records *os.File, err error) {
	perl, err := exec.LookPath("perl")
	if err != nil {
		return nil, nil, command.Usage(fmt.Errorf("looking for the backends' interpreter: %w", err), "install perl; its base package is enough")
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
