//go:build !linux

package main

import "io"

// toJournal reports false: this platform has no journal.
func toJournal(io.Writer) bool { return false }
