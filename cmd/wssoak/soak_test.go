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
	"testing"
	"time"

	"wsd/exec/exectest"
	"wsd/server/servertest"
)

// soakTest is a short soak of a daemon.
func soakTest(t *testing.T, command []string) *soak {
	t.Helper()
	if testing.Short() {
		t.Skip("a soak takes seconds")
	}
	if !runsHere {
		t.Skip("a soak needs Linux")
	}
	servertest.Tool(t, "perl")
	return &soak{
		command: command, plan: newPlan(20, machineLimits()), duration: 2 * time.Second,
		rate: 400, patience: time.Minute, leftover: time.Minute, progress: io.Discard,
	}
}

// TestProgram runs the program itself on wsd.
func TestProgram(t *testing.T) {
	soakTest(t, nil)
	wsd := servertest.Build(t)
	t.Run("to its end", func(t *testing.T) { toItsEnd(t, wsd) })
	t.Run("interrupted", func(t *testing.T) { interrupted(t, wsd) })
}

// toItsEnd soaks wsd with sessions that end in all ways.
func toItsEnd(t *testing.T, wsd string) {
	t.Parallel()
	cmd := wssoak(wsd, "--sessions=60", "--duration=4s", "--rate=1000", "--churn=50")
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
	if want := "wssoak: 60 sessions over 2 daemons: 57, 3 with TLS\n"; !strings.HasPrefix(stderr.String(), want) {
		t.Errorf("no %q in\n%s", want, stderr.String())
	}
	if !strings.Contains(stderr.String(), "of 4s: ") && !strings.Contains(stderr.String(), "opening: ") {
		t.Errorf("no progress line in\n%s", stderr.String())
	}
}

// figure is the figure with a name in the table.
func figure(t *testing.T, table, name string) string {
	t.Helper()
	found := regexp.MustCompile(`(?m)^\| ` + name + ` \| (.*) \|$`).FindStringSubmatch(table)
	if found == nil {
		t.Fatalf("no %q in\n%s", name, table)
	}
	return found[1]
}

// TestDefects has each defect of a relay found.
func TestDefects(t *testing.T) {
	const good = "0 messages lost, 0 duplicated, 0 reordered, 0 corrupted"
	for _, test := range []struct {
		defect  string
		churn   int
		verdict string // how it begins; empty: nothing is wrong
		note    string // what is said below the table
	}{
		{"none", 40, "", ""},
		{"drop in", 0, "1 messages lost, 0 duplicated, 0 reordered, 0 corrupted; 1 ", "to the backend"},
		{"drop out", 0, "1 messages lost, 0 duplicated, 0 reordered, 0 corrupted; 1 ", "to the client"},
		{"repeat in", 0, "0 messages lost, 1 duplicated, 0 reordered, 0 corrupted; 1 ", "to the backend"},
		{"repeat out", 0, "0 messages lost, 1 duplicated, 0 reordered, 0 corrupted; 1 ", "to the client"},
		{"swap in", 0, "0 messages lost, 0 duplicated, 1 reordered, 0 corrupted; 1 ", "to the backend"},
		{"swap out", 0, "0 messages lost, 0 duplicated, 1 reordered, 0 corrupted; 1 ", "to the client"},
		{"corrupt in", 0, "0 messages lost, 0 duplicated, 0 reordered, 1 corrupted; 1 ", "to the backend"},
		{"corrupt out", 0, "0 messages lost, 0 duplicated, 0 reordered, 1 corrupted; 1 ", "to the client"},
		{"code", 40, good + "; 1 sessions", `backend killed: wanted 1011 "signal: SIGKILL": closed by the server: 1000`},
		{"child", 0, good, "children: 0 at the start, "},
		{"descriptor", 0, good, "descriptors: "},
		{"goroutine", 0, good + "; 0 sessions went wrong; 1 leaks", "goroutines: "},
		{"threads", 0, good + "; 0 sessions went wrong; 2 leaks", "threads: "},
	} {
		s := soakTest(t, exectest.Backend("relay", test.defect))
		s.plan.daemons = []share{{sessions: 20}} // one daemon, one defect
		s.churn = test.churn
		if test.defect == "child" || test.defect == "descriptor" {
			s.leftover = 3 * time.Second // for what stays for ever; on a busy machine others may be blamed too
		}
		ended := make(chan error, 1)
		go func() { ended <- s.run(t.Context()) }() // ends with the soak; waited for below
		t.Run(test.defect, func(t *testing.T) {
			t.Parallel() // and so after all soaks have begun: most of their time goes by waiting
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			var table strings.Builder
			if err := s.report(&table); err != nil {
				t.Fatal(err)
			}
			verdict := s.verdict()
			if got := fmt.Sprint(verdict); test.verdict == "" && verdict != nil || !strings.HasPrefix(got, test.verdict) {
				t.Errorf("got %v, want %q\n%s", verdict, test.verdict, table.String())
			}
			if !strings.Contains(table.String(), test.note) {
				t.Errorf("no %q in\n%s", test.note, table.String())
			}
		})
	}
}

// TestDaemonEnds sees the daemon end.
func TestDaemonEnds(t *testing.T) {
	s := soakTest(t, exectest.Backend("relay", "crash"))
	s.churn = 40
	err := s.run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "ended by itself: exit status 3 relay: no such luck") {
		t.Errorf("got %v, want the daemon's end", err)
	}
}

// interrupted has the program end with all that it has started, and leave no
// file.
func interrupted(t *testing.T, wsd string) {
	t.Parallel()
	dir := t.TempDir()
	cmd := wssoak(wsd, "--sessions=40", "--duration=1h", "--rate=400", "--churn=0")
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
		up = strings.Contains(lines.Text(), "40 sessions open")
	}
	if n := startedFrom(t, dir); n < 40 {
		t.Errorf("%d processes are known by their folder, want the backends at least", n)
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
		t.Errorf("left are %v, %v", left, err)
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
