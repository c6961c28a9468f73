package main

import (
	"bytes"
	"os"
	"testing"
)

// TestLicense checks the copy, which is here because go:embed reaches no file
// outside of its package.
func TestLicense(t *testing.T) {
	want, err := os.ReadFile("../../LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := writeLicense(&b); err != nil || !bytes.Equal(b.Bytes(), want) {
		t.Errorf("license.txt is not ../../LICENSE (%v)", err)
	}
}
