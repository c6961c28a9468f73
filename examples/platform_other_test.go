//go:build !unix

package examples_test

import (
	"os"
	"testing"
)

// compiler is the name that a C compiler has.
const compiler = "gcc"

// script starts a script by its interpreter.
func script(t *testing.T, interpreter, file string) []string {
	t.Helper()
	if interpreter == "sh" {
		t.Skip("scripts for sh are for Unix")
	}
	return []string{lookTool(t, interpreter), file}
}

// interrupt ends wsd, which can't be asked to end here.
func interrupt(wsd *os.Process) error { return wsd.Kill() }

// interrupted accepts every end of wsd, as interrupt leaves it no choice.
func interrupted(*os.ProcessState) bool { return true }
