//go:build unix

package main_test

import (
	"encoding/json"
	"os/exec"
	"reflect"
	"strings"
	"testing"
)

// pipe runs relay without wsd, and returns the types of the lines that it prints,
// or the codes of errors.
func pipe(t *testing.T, env []string, input string, args ...string) (kinds []string, status int) {
	t.Helper()
	cmd := exec.Command(program(t, "relay"), args...)
	cmd.Env = env
	cmd.Stdin = strings.NewReader(input)
	output, err := cmd.Output()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		t.Fatal(err)
	}
	for text := range strings.Lines(string(output)) {
		var line object
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		kind := line["type"].(string)
		if kind == "error" {
			kind = line["code"].(string)
		}
		kinds = append(kinds, kind)
	}
	return kinds, cmd.ProcessState.ExitCode()
}

// TestPipe runs relay in a plain pipe. The last line has no newline.
func TestPipe(t *testing.T) {
	t.Parallel()
	_, nats := startBroker(t, freePort(t))
	home := []string{"NATS_URL=" + nats, "REMOTE_ADDR=192.0.2.1"}
	for _, c := range []struct {
		env    []string
		input  string
		role   string
		kinds  []string
		status int
	}{
		{home, "", "agents", nil, 0},
		{home, "{\"type\":\"list\"}\r\n\n{\"type\":\"register\",\"name\":\"pi\"}\n{\"type\":\"list\"}", "agents", []string{"agents", "registered", "agents"}, 0},
		{home[:1], "", "agents", []string{"no-address"}, 1},
		{append(home[:1:1], "REMOTE_ADDR=@"), "", "agents", []string{"no-address"}, 1},
		{home, "hello\n" + `{"type":"enter","name":"Ada","color":"#000000"}`, "room", []string{"bad-request", "welcome", "ready"}, 0},
		{append(home, "QUERY_STRING=room=/"), "", "room", []string{"bad-request"}, 1},
		{home, "", "else", nil, 2},
	} {
		kinds, status := pipe(t, c.env, c.input, c.role)
		// The watched list may come once more, when the name is in it.
		if len(kinds) > len(c.kinds) && c.role == "agents" {
			kinds = kinds[:len(c.kinds)]
		}
		if !reflect.DeepEqual(kinds, c.kinds) || status != c.status {
			t.Errorf("%s with %q: got %q and exit status %d, want %q and %d", c.role, c.input, kinds, status, c.kinds, c.status)
		}
	}
}
