package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestProcess builds wsd, as a release is built, and runs it.
func TestProcess(t *testing.T) {
	wsd := build(t, t.TempDir())
	t.Run("Answers", func(t *testing.T) { testAnswers(t, wsd) })
	t.Run("BadInput", func(t *testing.T) { testBadInput(t, wsd) })
	t.Run("AddressInUse", func(t *testing.T) { testAddressInUse(t, wsd) })
	testSignals(t, wsd)
	testLimits(t, wsd)
	t.Run("Guards", func(t *testing.T) { testGuards(t, wsd) })
	t.Run("Secrets", func(t *testing.T) { testSecrets(t, wsd) })
}

// build returns the path of a wsd in folder, built with these variables.
func build(t *testing.T, folder string, env ...string) string {
	t.Helper()
	wsd := filepath.Join(folder, "wsd.exe") // Windows needs the ending, others don't mind
	build := exec.Command("go", "build", "-ldflags", "-X main.version=1.2.3", "-o", wsd, ".")
	build.Env = append(os.Environ(), env...)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building wsd: %v\n%s", err, out)
	}
	return wsd
}

// command is wsd with these arguments; it is killed when it runs for a minute.
func command(t *testing.T, wsd string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return exec.CommandContext(ctx, wsd, args...)
}

// finish runs a command that ends by itself.
func finish(t *testing.T, wsd string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	cmd := command(t, wsd, args...)
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	return out.String(), log.String(), cmd.ProcessState.ExitCode()
}

func testAnswers(t *testing.T, wsd string) {
	help, err := os.ReadFile("testdata/help.golden")
	if err != nil {
		t.Fatal(err)
	}
	usage, _, _ := strings.Cut(string(help), "\n")
	for _, test := range []struct{ args, stdout string }{
		{"--help", "^" + regexp.QuoteMeta(strings.TrimRight(usage, "\r")) + "\n"},
		{"-h", "^Usage: wsd "},
		{"--port=1 -help nonsense", "^Usage: wsd "},
		{"--version", `^wsd 1\.2\.3 \(go1\S+ \w+/\w+\)` + "\n$"},
		{"-version", `^wsd 1\.2\.3 `},
		{"--license", "^" + regexp.QuoteMeta(license) + "$"},
	} {
		stdout, stderr, status := finish(t, wsd, strings.Fields(test.args)...)
		if !regexp.MustCompile(test.stdout).MatchString(stdout) || stderr != "" || status != 0 {
			t.Errorf("wsd %s: status %d, stdout %q, stderr %q", test.args, status, stdout, stderr)
		}
	}
}

func testBadInput(t *testing.T, wsd string) {
	for _, test := range []struct {
		args   []string
		status int
		stderr string
	}{
		{nil, 2, "wsd: error: no command to serve, and no --dir\n" +
			"wsd: hint: try: wsd --port=8080 COMMAND [ARG…]\n"},
		{[]string{"--prot=8080", "cat"}, 2, "wsd: error: unknown flag --prot\n" +
			"wsd: hint: did you mean --port?\n"},
		{[]string{"--port=http", "cat"}, 2, "wsd: error: --port: \"http\" is no whole number\n"},
		{[]string{"--devconsole", "--origin=*"}, 2, "wsd: error: allowed origin \"*\" is not [scheme://]host[:port]\n" +
			"wsd: hint: there are no wildcards: list each host, or no origin at all to allow any\n"},
		{[]string{"--dir=\n"}, 1, ""}, // the system's own words follow; see below
		{[]string{"wsd-no-such-command"}, 1, "wsd: error: no command \"wsd-no-such-command\" in PATH\n" +
			"wsd: hint: is it installed, and its folder in PATH?\n"},
	} {
		stdout, stderr, status := finish(t, wsd, test.args...)
		good := stderr == test.stderr
		if test.stderr == "" {
			good = strings.HasPrefix(stderr, "wsd: error: ") && strings.Count(stderr, "\n") == 1
		}
		if !good || stdout != "" || status != test.status {
			t.Errorf("wsd %q: status %d, stdout %q, stderr %q", test.args, status, stdout, stderr)
		}
	}
}

func testAddressInUse(t *testing.T, wsd string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	stdout, stderr, status := finish(t, wsd, "--address="+l.Addr().String(), "--devconsole")
	lines := regexp.MustCompile(`^wsd: error: [^\n]+\nwsd: hint: [^\n]+\n$`)
	if !lines.MatchString(stderr) || stdout != "" || status != 1 {
		t.Errorf("status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
}
