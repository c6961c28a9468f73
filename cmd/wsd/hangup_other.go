//go:build !unix

package main

// watchTerminal does nothing here: a console that is closed ends its programs by
// SIGTERM.
func watchTerminal() (gone func() bool) { return nil }
