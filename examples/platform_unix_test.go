//go:build unix

package examples_test

import (
	"os"
	"syscall"
	"testing"
)

// compiler is the name that a C compiler has.
const compiler = "cc"

// script starts a script by itself, as a user would: its first line names the
// interpreter, and its mode allows it.
func script(t *testing.T, interpreter, file string) []string {
	t.Helper()
	lookTool(t, interpreter)
	return []string{file}
}

// interrupt asks wsd to end all sessions and to exit 0.
func interrupt(wsd *os.Process) error { return wsd.Signal(syscall.SIGTERM) }

// interrupted tells whether wsd ended as it should after interrupt.
func interrupted(state *os.ProcessState) bool { return state.Success() }
