package examples_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"wsd/server/servertest"
)

// command is what starts the example; a program in C or Go is built first.
func (e example) command(t *testing.T) []string {
	t.Helper()
	file, err := filepath.Abs(e.file)
	if err != nil {
		t.Fatal(err)
	}
	var start []string
	switch e.tool {
	case "go":
		start = []string{buildGo(t, "wsd/examples/"+e.file)}
	case "cc":
		start = []string{binary(t)}
		build(t, servertest.Tool(t, compiler), "-o", start[0], file)
	default:
		start = script(t, e.tool, file)
	}
	return append(start, e.args...)
}

// buildGo builds the main package, and returns the program's path.
func buildGo(t *testing.T, main string) string {
	t.Helper()
	out := binary(t)
	build(t, servertest.Tool(t, "go"), "build", "-o", out, main)
	return out
}

// binary is a path for a program that is still to be built.
func binary(t *testing.T) string { return filepath.Join(t.TempDir(), "program.exe") }

func build(t *testing.T, tool string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), tool, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", tool, strings.Join(args, " "), err, out)
	}
}

// runInPipe gives the input to the command and returns the lines it prints. It
// fails when the command does not end by itself, fails, writes to stderr, or
// leaves a process behind that still holds one of its outputs.
func runInPipe(t *testing.T, command, env []string, input string) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), servertest.Patience)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = append(withoutCGI(os.Environ()), env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &stdout, &stderr
	cmd.WaitDelay = servertest.Patience
	if err := cmd.Run(); err != nil || stderr.Len() > 0 {
		t.Fatalf("%s: %v; stderr: %s; stdout: %s", command, err, &stderr, &stdout)
	}
	text := strings.ReplaceAll(stdout.String(), "\r\n", "\n") // Windows ends lines so
	if !strings.HasSuffix(text, "\n") {
		t.Errorf("the last line of %q has no newline", text)
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// withoutCGI is the environment without what example environ would print.
func withoutCGI(env []string) []string {
	var kept []string
	for _, variable := range env {
		name, _, _ := strings.Cut(variable, "=")
		family, _, _ := strings.Cut(name, "_")
		if family == name || !strings.Contains(" AUTH CONTENT GATEWAY HTTP PATH QUERY REMOTE REQUEST SCRIPT SERVER UNIQUE ", " "+family+" ") {
			kept = append(kept, variable)
		}
	}
	return kept
}
