//go:build !unix

package main

import "testing"

// testSignals has nothing to test: this platform has no signals to send.
func testSignals(*testing.T, string) {}

// testGuards and testSecrets need programs that are shell scripts.
func testGuards(t *testing.T, _ string) { t.Skip("needs sh") }

func testSecrets(t *testing.T, _ string) { t.Skip("needs sh") }
