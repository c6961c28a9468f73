//go:build !unix

package main

import "testing"

// testSignals has nothing to test: this platform has no signals to send.
func testSignals(*testing.T, string) {}
