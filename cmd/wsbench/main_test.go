package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"wsd/cmd/internal/command"
	"wsd/exec/exectest"
)

func TestMain(m *testing.M) {
	exectest.Main(m, map[string]func([]string) int{
		"backend": playBackend,
		"mute":    playMute,
		"liar":    playLiar,
		"broken":  playBroken,
	})
}

// playBackend is "wsbench backend".
func playBackend(args []string) int {
	if err := program().Run(context.Background(), append([]string{"backend"}, args...), command.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}); err != nil {
		return 1
	}
	return 0
}

// build returns the path of wsbench or yardstick. Both are built once, beside the
// test binary, whose folder go test removes.
func build(t *testing.T, name string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("building takes seconds")
	}
	dir, err := built()
	if err != nil {
		t.Fatal(err)
	}
	program, err := exec.LookPath(filepath.Join(dir, name)) // with this platform's suffix
	if err != nil {
		t.Fatal(err)
	}
	return program
}

var built = sync.OnceValues(func() (dir string, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	dir = filepath.Dir(self)
	if out, err := exec.Command("go", "build", "-o", dir+string(filepath.Separator), ".", "./yardstick").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return dir, nil
})

func TestCommandLine(t *testing.T) {
	for _, test := range []struct {
		args  string
		usage string // what the usage error says
	}{
		{"", `expected "<url>"`},
		{"http://localhost/", "not a ws:// or wss:// URL"},
		{"ws:///path", "has no host"},
		{"ws://localhost/ --size=0", "must be more than 0"},
		{"compare", "expected"},
		{"compare alone", "not NAME=PATH"},
		{"compare a=no-such-program", "no-such-program"},
		{"compare a=go a=go", "two daemons are called a"},
		{"compare a=go --scenario=nonsense", `no scenario "nonsense"`},
		{"compare a=go --rounds=0", "must be more than 0"},
		{"backend nonsense", "must be one of"},
		{"--nonsense", "unknown flag"},
	} {
		t.Run(test.args, func(t *testing.T) {
			err := program().Run(t.Context(), strings.Fields(test.args), command.Streams{Out: io.Discard, Err: io.Discard})
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

func TestHelp(t *testing.T) {
	var stdout bytes.Buffer
	if err := program().Run(t.Context(), []string{"compare", "--help"}, command.Streams{Out: &stdout, Err: io.Discard}); err != nil {
		t.Fatal(err)
	}
	for _, name := range scenarioNames() {
		if !strings.Contains(stdout.String(), name) {
			t.Errorf("the help does not name %s", name)
		}
	}
}
