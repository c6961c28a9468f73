package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"wsd/cmd/internal/client"
	"wsd/cmd/internal/daemon"
	"wsd/exec/exectest"
)

// compareTest is a comparison whose backends are played by this test binary.
func compareTest(scenarios []scenario, servers ...server) *comparison {
	return &comparison{
		servers:   servers,
		scenarios: scenarios,
		rounds:    1,
		scale:     0.001,
		timeout:   time.Minute,
		self:      exectest.Backend("backend"),
	}
}

// only is the named scenario.
func only(t *testing.T, name string) []scenario {
	t.Helper()
	chosen, err := chosenScenarios([]string{name})
	if err != nil {
		t.Fatal(err)
	}
	return chosen
}

// results runs a comparison and returns its output and its progress lines.
func results(t *testing.T, c *comparison) (out, progress string) {
	t.Helper()
	var stdout, stderr strings.Builder
	c.progress = &stderr
	if err := c.run(t.Context(), &stdout); err != nil {
		t.Fatal(err)
	}
	return stdout.String(), stderr.String()
}

// TestCompareYardstick measures everything there is.
func TestCompareYardstick(t *testing.T) {
	c := compareTest(scenarios(), server{"yardstick", []string{build(t, "yardstick")}})
	out, progress := results(t, c)
	_, known := daemon.CPUTime(os.Getpid())
	for _, sc := range c.scenarios {
		units := map[string][]string{"idle": {sessionMemory, sessionThreads, childrenGone}, "rtt": {daemonCPU, rate, median50, tail99}}[sc.name]
		if units == nil {
			units = []string{daemonCPU, rate}
		}
		if !known {
			units = slices.DeleteFunc(units, func(unit string) bool {
				return slices.Contains([]string{daemonCPU, sessionMemory, sessionThreads, childrenGone}, unit)
			})
		}
		line := regexp.MustCompile(`(?m)^daemon: yardstick\n` + benchmarkName(sc.name) + ` +\d+(.*)$`).FindStringSubmatch(out)
		for _, unit := range units {
			if line == nil || !strings.Contains(line[1]+"\t", " "+unit+"\t") {
				t.Errorf("no %s of %s in\n%s", unit, sc.name, out)
			}
		}
		if line := fmt.Sprintf("round 1 of 1, %s, yardstick: 0 of ", sc.name); !strings.Contains(progress, line) {
			t.Errorf("no progress line %q", line)
		}
	}
}

// TestCompareProgram runs the program as a person would: each round measures all
// daemons and begins with another one.
func TestCompareProgram(t *testing.T) {
	yardstick := build(t, "yardstick")
	out, err := exec.Command(build(t, "wsbench"), "compare", "a="+yardstick, "b="+yardstick, "--scenario=out-1k,tls-out", "--rounds=2", "--scale=0.01").Output()
	if err != nil {
		t.Fatal(err)
	}
	want := `goos: .*
goarch: .*
cpu: .*
cores: \d+
kernel: .*
daemon: a
BenchmarkOut1k +3000\t.* op/s
daemon: b
BenchmarkOut1k +3000\t.* op/s
daemon: a
BenchmarkTlsOut +10000\t.* op/s
daemon: b
BenchmarkTlsOut +10000\t.* op/s
daemon: b
BenchmarkOut1k +3000\t.* op/s
daemon: a
BenchmarkOut1k +3000\t.* op/s
daemon: b
BenchmarkTlsOut +10000\t.* op/s
daemon: a
BenchmarkTlsOut +10000\t.* op/s
`
	if !regexp.MustCompile(`^` + want + `$`).Match(out) {
		t.Errorf("got\n%swant\n%s", out, want)
	}
}

func TestCompareFailures(t *testing.T) {
	for _, test := range []struct {
		server, scenario, reason string
	}{
		{"mute", "rtt", "hung: 0 of 20 after 300ms"},
		{"mute", "tls-rtt", "hung: 0 of 20 after 300ms"},
		{"liar", "rtt", "wrong: message 0 is not the one expected"},
		{"liar", "in", `wrong: the backend's "ready" arrived as "nonsense"`},
		{"broken", "rtt", "failed: exited before it listened: exit status 3 broken: no such luck"},
	} {
		t.Run(test.server+" "+test.scenario, func(t *testing.T) {
			c := compareTest(only(t, test.scenario), server{test.server, exectest.Backend(test.server)})
			if strings.HasPrefix(test.reason, "hung") {
				c.timeout = 300 * time.Millisecond
			}
			c.rounds = 2 // the second one must not happen
			out, _ := results(t, c)
			if want := fmt.Sprintf("daemon: %s\n--- FAIL: %s\n    %s\n", test.server, benchmarkName(test.scenario), test.reason); !strings.HasSuffix(out, want) || strings.Count(out, "daemon:") != 1 {
				t.Errorf("got\n%swant\n%s", out, want)
			}
		})
	}
}

// playMute listens and never answers.
func playMute(args []string) int {
	l, err := listenAs(args)
	if err != nil {
		return 1
	}
	for {
		if _, err := l.Accept(); err != nil {
			return 1
		}
	}
}

// playLiar accepts WebSockets and sends nonsense to all of them.
func playLiar(args []string) int {
	l, err := listenAs(args)
	if err != nil {
		return 1
	}
	for {
		nc, err := l.Accept()
		if err != nil {
			return 1
		}
		// Ends with the client; the process outlives it.
		go func() {
			defer nc.Close()
			r := bufio.NewReader(nc)
			if _, err := client.Answer(r, nc); err != nil {
				return
			}
			_, _ = nc.Write([]byte("\x81\x08nonsense"))
			_, _ = io.Copy(io.Discard, r)
		}()
	}
}

// playBroken can't start.
func playBroken([]string) int {
	fmt.Fprintln(os.Stderr, "broken: no such luck")
	return 3
}

// listenAs listens where the flags of daemon.Start say.
func listenAs(args []string) (net.Listener, error) {
	for _, arg := range args {
		if port, ok := strings.CutPrefix(arg, "--port="); ok {
			return net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
		}
	}
	return nil, fmt.Errorf("no port in %q", args)
}
