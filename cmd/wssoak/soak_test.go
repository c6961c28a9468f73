package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"wsd/exec/exectest"
	"wsd/server/servertest"
)

// needSoak skips a test where there can be no soak.
func needSoak(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("a soak takes seconds")
	}
	if !runsHere {
		t.Skip("a soak needs Linux")
	}
	servertest.Tool(t, "perl")
}

// relaySoak is a short soak of a relay with these defects.
func relaySoak(defects string, churn int) *soak {
	return &soak{
		command: exectest.Backend("relay", defects), plan: plan{sessions: 20, daemons: []share{{sessions: 20}}}, duration: 2 * time.Second,
		rate: 400, churn: churn, patience: time.Minute, leftover: time.Minute, progress: io.Discard,
	}
}

// TestProgram soaks wsd with sessions that end in all ways.
func TestProgram(t *testing.T) {
	needSoak(t)
	t.Parallel()
	cmd := wssoak(servertest.Build(t), "--sessions=40", "--duration=3s", "--rate=800", "--churn=50")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s%s", err, stdout.String(), stderr.String())
	}
	table := stdout.String()
	for e := range endings {
		if n := figure(t, table, e.String()); n == "0" {
			t.Errorf("no session was %v", e)
		}
	}
	for _, name := range []string{"lost", "duplicated", "reordered", "corrupted", "sessions that went wrong", "leaks"} {
		if n := figure(t, table, name); n != "0" {
			t.Errorf("%s: %s", name, n)
		}
	}
	for _, name := range []string{"messages to backends", "messages to clients"} {
		if n := figure(t, table, name); strings.HasPrefix(n, "0") {
			t.Errorf("%s: %s", name, n)
		}
	}
	if want := "wssoak: 40 sessions over 2 daemons: 38, 2 with TLS\n"; !strings.HasPrefix(stderr.String(), want) {
		t.Errorf("no %q in\n%s", want, stderr.String())
	}
	if !strings.Contains(stderr.String(), "of 3s: ") && !strings.Contains(stderr.String(), "opening: ") {
		t.Errorf("no progress line in\n%s", stderr.String())
	}
}

// figure is the figure of this name in the table.
func figure(t *testing.T, table, name string) string {
	t.Helper()
	found := regexp.MustCompile(`(?m)^\| ` + name + ` \| (.*) \|$`).FindStringSubmatch(table)
	if found == nil {
		t.Fatalf("no %q in\n%s", name, table)
	}
	return found[1]
}

// TestDefects wants each defect of a relay found.
func TestDefects(t *testing.T) {
	needSoak(t)
	t.Parallel()
	const none = "0 messages lost, 0 duplicated, 0 reordered, 0 corrupted"
	const four = "1 messages lost, 1 duplicated, 1 reordered, 1 corrupted; 4 sessions went wrong; 0 leaks"
	tests := []struct {
		name, defects string
		churn         int
		verdict       string   // how it begins; empty: nothing is wrong
		notes         []string // some of those below the table
	}{
		{"none", "", 40, "", nil},
		{"in", "drop in,repeat in,swap in,corrupt in", 0, four, []string{"to the client: " + none + "; to the backend: 1 messages lost"}},
		{"out", "drop out,repeat out,swap out,corrupt out", 0, four, []string{"to the client: 1 messages lost", "to the backend: " + none}},
		{"code", "code", 40, none + "; 1 sessions went wrong; 0 leaks", []string{`backend killed: wanted 1011 "signal: SIGKILL": closed by the server: 1000`}},
		{"leaks", "child,threads", 0, none, []string{"is still there", "children: 0 at the start, ", "descriptors: ", "threads: ", "goroutines: "}},
	}
	soaks, errs := make([]*soak, len(tests)), make([]error, len(tests))
	var all sync.WaitGroup
	for i, test := range tests {
		soaks[i] = relaySoak(test.defects, test.churn)
		if test.name == "leaks" {
			soaks[i].leftover = time.Second // for what is never gone; the verdict allows for more
		}
		all.Go(func() { errs[i] = soaks[i].run(t.Context()) }) // ends with the soak; waited for below
	}
	all.Wait()
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if errs[i] != nil {
				t.Fatal(errs[i])
			}
			var table strings.Builder
			if err := soaks[i].report(&table); err != nil {
				t.Fatal(err)
			}
			verdict := soaks[i].verdict()
			if test.verdict == "" && verdict != nil || !strings.HasPrefix(fmt.Sprint(verdict), test.verdict) {
				t.Errorf("got %v, want %q\n%s", verdict, test.verdict, table.String())
			}
			for _, note := range test.notes {
				if !strings.Contains(table.String(), note) {
					t.Errorf("no %q in\n%s", note, table.String())
				}
			}
		})
	}
}

// TestDaemonEnds wants the end of the daemon noticed.
func TestDaemonEnds(t *testing.T) {
	needSoak(t)
	t.Parallel()
	err := relaySoak("crash", 40).run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "ended by itself: exit status 3 relay: no such luck") {
		t.Errorf("got %v, want the daemon's end", err)
	}
}

// TestInterrupted wants the program to end with all that it has started, and to leave
// no file.
func TestInterrupted(t *testing.T) {
	needSoak(t)
	t.Parallel()
	dir := t.TempDir()
	cmd := wssoak(servertest.Build(t), "--sessions=20", "--duration=1h", "--rate=200", "--churn=0")
	cmd.Env = append(os.Environ(), "TMPDIR="+dir)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	for up := false; !up && lines.Scan(); {
		up = strings.Contains(lines.Text(), "20 sessions open")
	}
	if n := startedFrom(t, dir); n < 20 {
		t.Errorf("%d processes have a file of the folder in their command lines, want all backends", n)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	var said string
	for lines.Scan() {
		said = lines.Text()
	}
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 1 || !strings.HasPrefix(said, "wssoak: error: ") {
		t.Errorf("got %v and %q, want an error", err, said)
	}
	if n := startedFrom(t, dir); n > 0 {
		t.Errorf("%d processes are left", n)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// startedFrom is how many processes have a file of dir in their command lines.
func startedFrom(t *testing.T, dir string) (n int) {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range lines {
		if line, _ := os.ReadFile(file); bytes.Contains(line, []byte(dir)) {
			n++
		}
	}
	return n
}
