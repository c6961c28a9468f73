//go:build unix

package examples_test

import (
	"testing"
	"wsd/server/servertest"
)

// compiler is the name that a C compiler has.
const compiler = "cc"

// script starts a script by itself, as a user would: its first line names the
// interpreter, and its mode allows it.
func script(t *testing.T, interpreter, file string) []string {
	t.Helper()
	servertest.Tool(t, interpreter)
	return []string{file}
}
