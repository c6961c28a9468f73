package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"wsd/cmd/internal/command"
	"wsd/exec/exectest"
)

func TestMain(m *testing.M) {
	os.Setenv("GORACE", "atexit_sleep_ms=0") // else each process takes a second to end
	exectest.Main(m, map[string]func([]string) int{
		"wssoak": playProgram,
		"relay":  playRelay,
	})
}

// playProgram is wssoak itself.
func playProgram(args []string) int {
	os.Args = append(os.Args[:1], args...)
	program().Main()
	return 0
}

// wssoak is the command that runs wssoak with these arguments.
func wssoak(args ...string) *exec.Cmd {
	line := exectest.Backend("wssoak", args...)
	return exec.Command(line[0], line[1:]...)
}

func TestCommandLine(t *testing.T) {
	for _, test := range []struct {
		args  string
		usage string // what the usage error says
	}{
		{"", "expected"},
		{"go --sessions=0", "must be more than 0"},
		{"go --duration=-1s", "must be more than 0"},
		{"go --churn=-1", "must be more than 0"},
		{"no-such-program", "no-such-program"},
		{"--nonsense", "unknown flag"},
	} {
		t.Run(test.args, func(t *testing.T) {
			err := program().Run(t.Context(), strings.Fields(test.args), command.Streams{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard})
			var usage *command.UsageError
			if !errors.As(err, &usage) || usage.Hint == "" {
				t.Fatalf("got %v, want a usage error with a hint", err)
			}
			if !strings.Contains(err.Error(), test.usage) {
				t.Errorf("got %q, want it to say %q", err, test.usage)
			}
		})
	}
}
