package main

import (
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	c := &comparison{
		servers:   []server{{name: "base"}, {name: "quick"}, {name: "bad"}},
		scenarios: []scenario{{name: "out", measures: []measure{messageRate, messageCPU}}, {name: "rtt", measures: []measure{median50}}},
		rounds:    3,
		scale:     1,
	}
	results := []*result{
		{Scenario: "out", Server: "base", Rounds: []values{{messageRate: 300}, {messageRate: 100}, {messageRate: 200}}},
		{Scenario: "out", Server: "quick", Rounds: []values{{messageRate: 2e6, messageCPU: 5e-8}}},
		{Scenario: "out", Server: "bad", Verdict: "hung", Reason: "hung: 5 of 9 after 30s"},
		{Scenario: "rtt", Server: "base", Rounds: []values{{median50: 2e-5}, {median50: 4e-5}}},
		{Scenario: "rtt", Server: "quick", Rounds: []values{{median50: 1.5e-5}}},
		{Scenario: "rtt", Server: "bad", Verdict: "wrong", Reason: "wrong: all of it"},
	}
	const want = `| scenario | | base | quick | bad |
| --- | --- | ---: | ---: | ---: |
| out | messages/s | 200 | 2.00 M (10000 ×) | hung |
|  | CPU/message | n/a | 50 ns | hung |
| rtt | p50 | 30.0 µs | 15.0 µs (0.50 ×) | wrong |

- bad, out: hung: 5 of 9 after 30s
- bad, rtt: wrong: all of it

Medians of 3 rounds at scale 1; CPU is the daemon's own. × is relative to base.
Measured on `
	var got strings.Builder
	if err := c.report(&got, results); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(got.String(), want) {
		t.Errorf("got\n%swant\n%s", got.String(), want)
	}
}
