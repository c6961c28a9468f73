//go:build !linux

package server

import "testing"

// unprivileged calls f as whoever runs the tests.
func unprivileged(_ *testing.T, f func()) { f() }
