package examples_test

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"testing"
)

// A check fails the test unless the lines are those that it wants.
type check func(t *testing.T, lines []string)

func exactly(want ...string) check {
	return func(t *testing.T, lines []string) {
		t.Helper()
		if !slices.Equal(lines, want) {
			t.Errorf("got %q, want %q", lines, want)
		}
	}
}

func count(file, tool string) example {
	numbers := exactly("1", "2", "3", "4", "5", "6", "7", "8", "9", "10")
	return example{file: file, tool: tool, args: []string{"0"}, inPipe: numbers, throughWSD: numbers}
}

func greeter(file, tool string) example {
	greetings := exactly("What is your name?", "Hello, Ada!", "Hello, !", `Hello,  Zoë \n!`)
	return example{
		file: file, tool: tool, input: []string{"Ada", "", ` Zoë \n`},
		inPipe: greetings, messages: 4, throughWSD: greetings,
	}
}

func environ(file, tool string) example {
	return example{
		file: file, tool: tool,
		env:    []string{"SERVER_PORT=80", "QUERY_STRING=a=b", "HTTP_COOKIE=c; d", "HTTPS=on", "SERVERS=3"},
		inPipe: exactly("HTTPS=on", "HTTP_COOKIE=c; d", "QUERY_STRING=a=b", "SERVER_PORT=80"),
		throughWSD: func(t *testing.T, lines []string) {
			if !slices.IsSorted(lines) {
				t.Errorf("not sorted: %q", lines)
			}
			for _, want := range []string{
				"GATEWAY_INTERFACE=CGI/1.1", "HTTP_UPGRADE=websocket", "QUERY_STRING=a=b",
				"REMOTE_ADDR=127.0.0.1", "REQUEST_METHOD=GET", "SCRIPT_NAME=/", "SERVER_PROTOCOL=HTTP/1.1",
			} {
				if !slices.Contains(lines, want) {
					t.Errorf("no line is %q in %q", want, lines)
				}
			}
		},
	}
}

// guestNames finds what differs from one run of the chat to the next.
var guestNames = regexp.MustCompile(`guest-\d+`)

func chat(file, tool, room string) example {
	guests := func(next check) check {
		return func(t *testing.T, lines []string) {
			t.Helper()
			for i, line := range lines {
				lines[i] = guestNames.ReplaceAllString(line, "guest")
			}
			next(t, lines)
		}
	}
	return example{
		file: file, tool: tool, args: []string{room}, input: []string{"hello", `  \n`},
		inPipe:   guests(exactly("guest joined", "guest: hello", `guest:   \n`, "guest left")),
		messages: 3, throughWSD: guests(exactly("guest joined", "guest: hello", `guest:   \n`)),
	}
}

// calculations are requests, and what calc replies to each.
var calculations = []struct{ request, reply string }{
	{`{"id": 1, "op": "add", "args": [1, 2]}`, `{"id": 1, "result": 3}`},
	{`{"id": "two", "op": "sub", "args": [1, 2.5]}`, `{"id": "two", "result": -1.5}`},
	{`{"id": 3, "op": "mul", "args": [6, 7]}`, `{"id": 3, "result": 42}`},
	{`{"id": 4, "op": "div", "args": [1, 4]}`, `{"id": 4, "result": 0.25}`},
	{`{"id": 5, "op": "div", "args": [1, 0]}`, `{"id": 5, "error": "the result is not a finite number"}`},
	{`{"id": 6, "op": "mul", "args": [1e308, 10]}`, `{"id": 6, "error": "the result is not a finite number"}`},
	{`{"id": 7, "op": "constructor", "args": [1, 2]}`, `{"id": 7, "error": "op must be add, sub, mul or div"}`},
	{`{"id": 8, "op": ["add"], "args": [1, 2]}`, `{"id": 8, "error": "op must be add, sub, mul or div"}`},
	{`{"id": 9, "op": "add", "args": [1, true]}`, `{"id": 9, "error": "args must be two numbers"}`},
	{`{"id": 10, "op": "add", "args": [1]}`, `{"id": 10, "error": "args must be two numbers"}`},
	{`{"id": 11, "op": "add"}`, `{"id": 11, "error": "args must be two numbers"}`},
	{`{"id": true}`, `{"id": null, "error": "a request is an object with an id, an integer or a string"}`},
	{`[]`, `{"id": null, "error": "a request is an object with an id, an integer or a string"}`},
	{`null`, `{"id": null, "error": "a request is an object with an id, an integer or a string"}`},
	{``, `{"id": null, "error": "not JSON"}`},
	{`{"id": 1`, `{"id": null, "error": "not JSON"}`},
}

func calc(file, tool string) example {
	var requests []string
	for _, c := range calculations {
		requests = append(requests, c.request)
	}
	replies := func(t *testing.T, lines []string) {
		if len(lines) != len(calculations) {
			t.Fatalf("got %d replies to %d requests: %q", len(lines), len(calculations), lines)
		}
		for i, c := range calculations {
			if !reflect.DeepEqual(decode(t, lines[i]), decode(t, c.reply)) {
				t.Errorf("request %s: got %s, want %s", c.request, lines[i], c.reply)
			}
		}
	}
	return example{
		file: file, tool: tool, input: requests,
		inPipe: replies, messages: len(requests), throughWSD: replies,
	}
}

func stats(file, tool string) example {
	figures := func(t *testing.T, lines []string) {
		for _, line := range lines {
			figure := decode(t, line)
			for _, name := range []string{"load", "cpus", "memory", "uptime"} {
				if _, ok := figure[name]; !ok {
					t.Errorf("no %s in %s", name, line)
				}
			}
		}
	}
	once := func(t *testing.T, lines []string) {
		if len(lines) != 1 {
			t.Errorf("got %d lines from an input that had ended, want 1", len(lines))
		}
		figures(t, lines)
	}
	// In the pipe the pause is cut short: its input has ended.
	return example{file: file, tool: tool, inPipe: once, messages: 2, throughWSD: figures}
}

func decode(t *testing.T, line string) map[string]any {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal([]byte(line), &object); err != nil {
		t.Errorf("decoding %q: %v", line, err)
	}
	return object
}
