package main_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain fails when a goroutine is left, such as that of a process that was
// not waited for.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if folder != "" {
			_ = os.RemoveAll(folder)
		}
		os.Exit(code)
	}))
}
