package examples_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"wsd/server/servertest"
)

// authPrograms holds the examples that wsd asks and does not serve.
var authPrograms = []string{"auth/ticket.py"}

// ticket is the example auth with a key of its own.
type ticket struct{ command []string }

func newTicket(t *testing.T) ticket {
	t.Helper()
	key := servertest.Write(t, filepath.Join(t.TempDir(), "a key"), strings.Repeat("k", 32), 0o600)
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
	servertest.Write(t, other.command[len(other.command)-1], strings.Repeat("o", 32), 0o600)
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
	wsd := servertest.Serve(t, append([]string{authcmd}, backend...)...)
	for cookie, good := range k.tickets(t) {
		if !good {
			if answer := wsd.Client().Shake("/", "Cookie: "+cookie); answer.StatusCode != http.StatusUnauthorized {
				t.Errorf("%q: %s", cookie, answer.Status)
			}
			continue
		}
		if lines := wsd.Dial("/", "Cookie: "+cookie).WantClose(1000, ""); !slices.Contains(lines, "REMOTE_USER=ada") {
			t.Errorf("%q: %q", cookie, lines)
		}
	}
}
