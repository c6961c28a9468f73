package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"wsd/cmd/internal/client"
	"wsd/cmd/internal/daemon"
	"wsd/exec/exectest"
)

// compareTest is a comparison that this test binary plays the backends of.
func compareTest(scenarios []scenario, servers ...server) *comparison {
	return &comparison{
		servers:   servers,
		scenarios: scenarios,
		rounds:    1,
		scale:     0.001,
		timeout:   time.Minute,
		self:      exectest.Backend("backend"),
		progress:  io.Discard,
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

func TestCompareYardstick(t *testing.T) {
	yardstick := build(t, "./yardstick")
	c := compareTest(scenarios(), server{"one", yardstick}, server{"two", yardstick})
	var stderr bytes.Buffer
	c.progress = &stderr
	results, err := c.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, known := daemon.CPUTime(os.Getpid())
	for i, r := range results {
		if r.Verdict != "" {
			t.Errorf("%s of %s: %s", r.Scenario, r.Server, r.Reason)
			continue
		}
		for _, m := range c.scenarios[i/2].measures {
			_, ok := r.Rounds[0][m]
			if own := m != messageCPU && m != connectionCPU && m != sessionMemory && m != sessionThreads && m != childrenGone; ok != (own || known) {
				t.Errorf("%s of %s: %s is there: %v", r.Scenario, r.Server, m, ok)
			}
		}
		line := fmt.Sprintf("round 1 of 1, %s, %s: 0 of ", r.Scenario, r.Server)
		if !strings.Contains(stderr.String(), line) {
			t.Errorf("no progress line %q", line)
		}
	}
}

// TestCompareProgram runs the program itself as a person would.
func TestCompareProgram(t *testing.T) {
	programs := build(t, "../wsbench", "./yardstick")
	wsbench, yardstick := programs[0], programs[1]
	args := []string{"compare", "a=" + yardstick, "b=" + yardstick, "--base=b", "--scenario=out,in", "--scenario=tls-out", "--rounds=2", "--scale=0.01"}
	out, err := exec.Command(wsbench, args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| scenario | | a | b |\n", "| out | messages/s | ", "| in | messages/s | ", "| tls-out | messages/s | ", " ×) |", "Medians of 2 rounds"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	out, err = exec.Command(wsbench, append(args, "--json")...).Output()
	if err != nil {
		t.Fatal(err)
	}
	var results []result
	if err := json.Unmarshal(out, &results); err != nil || len(results) != 6 || len(results[5].Rounds) != 2 || results[5].Rounds[1][messageRate] <= 0 {
		t.Errorf("%v: not six results of two rounds:\n%s", err, out)
	}
}

func TestCompareFailures(t *testing.T) {
	for _, test := range []struct {
		server, scenario, verdict, reason string
	}{
		{"mute", "rtt", "hung", "hung: 0 of 20 after 300ms"},
		{"mute", "tls-rtt", "hung", "hung: 0 of 20 after 300ms"},
		{"liar", "rtt", "wrong", "wrong: message 0 is not what it should be"},
		{"liar", "in", "wrong", `wrong: the backend's "ready" arrived as "nonsense"`},
		{"broken", "rtt", "failed", "failed: ended at once: exit status 3 broken: no such luck"},
	} {
		t.Run(test.server+" "+test.scenario, func(t *testing.T) {
			c := compareTest(only(t, test.scenario), server{test.server, exectest.Backend(test.server)})
			if test.verdict == "hung" {
				c.timeout = 300 * time.Millisecond
			}
			c.rounds = 2 // the second one must not happen
			results, err := c.run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			r := results[0]
			if r.Verdict != test.verdict || r.Reason != test.reason || len(r.Rounds) > 0 {
				t.Errorf("got %+v, want %s: %q", r, test.verdict, test.reason)
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
			_, _ = nc.Write(client.AppendFrame(nil, client.OpText, []byte("nonsense")))
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
