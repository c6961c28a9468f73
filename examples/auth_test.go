package examples_test

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// authPrograms holds the examples that wsd asks and does not serve.
var authPrograms = []string{"auth/ticket.py"}

// ticket is the example auth with a key of its own.
type ticket struct{ command []string }

func newTicket(t *testing.T) ticket {
	t.Helper()
	key := filepath.Join(t.TempDir(), "a key")
	if err := os.WriteFile(key, []byte(strings.Repeat("k", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	e := example{file: "auth/ticket.py", tool: "python3", args: []string{key}}
	return ticket{e.command(t)}
}

// make is a ticket for a user.
func (k ticket) make(t *testing.T, user, seconds string) string {
	t.Helper()
	return runInPipe(t, append(slices.Clone(k.command), "make", user, seconds), nil, "")[0]
}

// tickets are cookies, and whether they let in.
func (k ticket) tickets(t *testing.T) map[string]bool {
	good := k.make(t, "ada", "1000")
	other := newTicket(t)
	if err := os.WriteFile(other.command[len(other.command)-1], []byte(strings.Repeat("o", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	return map[string]bool{
		"ticket=" + good:                true,
		"a=b; ticket=" + good + "; c=d": true,
		"":                              false,
		"ticket=":                       false,
		"ticket=ada":                    false,
		"other=" + good:                 false,
		"ticket=" + strings.Replace(good, "ada", "eve", 1):      false,
		"ticket=" + good[:len(good)-1]:                          false,
		"ticket=" + k.make(t, "ada", "-1"):                      false,
		"ticket=" + other.make(t, "ada", "1000"):                false,
		"ticket=" + strings.Replace(good, ".", ".9", 1):         false,
		"ticket=ada.99999999999.\xff" + strings.Repeat("0", 63): false,
	}
}

func TestAuthInPipe(t *testing.T) {
	k := newTicket(t)
	for cookie, good := range k.tickets(t) {
		cmd := exec.CommandContext(t.Context(), k.command[0], k.command[1:]...)
		cmd.Env = append(withoutCGI(os.Environ()), "HTTP_COOKIE="+cookie)
		out, err := cmd.Output()
		want, status := "", 1
		if good {
			want, status = "REMOTE_USER=ada\n", 0
		}
		if got := strings.ReplaceAll(string(out), "\r\n", "\n"); got != want || cmd.ProcessState.ExitCode() != status {
			t.Errorf("%q: %q, %v", cookie, got, err)
		}
	}
}

func TestAuthThroughWSD(t *testing.T) {
	k := newTicket(t)
	backend := environ("environ/environ.sh", "sh").command(t)
	authcmd := "--authcmd='" + strings.Join(k.command, "' '") + "'"
	url := startWSD(t, buildGo(t, "wsd/cmd/wsd"), append([]string{authcmd}, backend...)...)
	for cookie, good := range k.tickets(t) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		conn, response, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPHeader: http.Header{"Cookie": {cookie}}})
		if !good {
			if err == nil || response.StatusCode != http.StatusUnauthorized {
				t.Errorf("%q: %v", cookie, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", cookie, err)
			continue
		}
		if lines := (&guest{t, ctx, conn}).receiveAll(); !slices.Contains(lines, "REMOTE_USER=ada") {
			t.Errorf("%q: %q", cookie, lines)
		}
	}
}
