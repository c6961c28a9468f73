//go:build !unix

package examples_test

import (
	"testing"
	"wsd/server/servertest"
)

// compiler is the name that a C compiler has.
const compiler = "gcc"

// script starts a script by its interpreter.
func script(t *testing.T, interpreter, file string) []string {
	t.Helper()
	if interpreter == "sh" {
		t.Skip("scripts for sh are for Unix")
	}
	return []string{servertest.Tool(t, interpreter), file}
}
