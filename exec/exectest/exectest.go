// Package exectest runs a test binary that plays its own backends and that
// fails when a test leaves a goroutine or a child process behind.
package exectest

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// marker is the first argument that makes the test binary play a backend. It
// is an argument and no variable because the environment of a backend is one
// of the things that tests look at.
const marker = "exectest-backend"

// Main is called by TestMain. Started with the words that Backend made, it runs
// that backend and exits with the status it returns; otherwise it runs the
// tests, then looks for leaks, and exits.
func Main(m *testing.M, backends map[string]func(args []string) int) {
	if len(os.Args) > 2 && os.Args[1] == marker {
		backend, ok := backends[os.Args[2]]
		if !ok {
			fmt.Fprintf(os.Stderr, "no backend is called %q\n", os.Args[2])
			os.Exit(127)
		}
		os.Exit(backend(os.Args[3:]))
	}
	code := m.Run()
	if code == 0 {
		code = checkLeaks()
	}
	os.Exit(code)
}

// Backend is the command that makes this test binary play the backend name.
func Backend(name string, args ...string) []string {
	self, err := os.Executable()
	if err != nil {
		panic(err) // a test binary without a path cannot run any test here
	}
	return append([]string{self, marker, name}, args...)
}

func checkLeaks() int {
	if err := goleak.Find(); err != nil {
		fmt.Fprintf(os.Stderr, "leaked goroutines after the tests: %v\n", err)
		return 1
	}
	if err := leftoverChild(); err != nil {
		fmt.Fprintf(os.Stderr, "leaked process after the tests: %v\n", err)
		return 1
	}
	return 0
}
