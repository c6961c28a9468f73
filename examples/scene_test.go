package examples_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"wsd/server/servertest"
)

// receive returns the next n messages.
func receive(t *testing.T, guest *servertest.Client, n int) []string {
	t.Helper()
	var lines []string
	for range n {
		line, err := guest.Read()
		if err != nil {
			t.Fatalf("after %q: %v", lines, err)
		}
		lines = append(lines, line)
	}
	return lines
}

// testLeftEarly leaves a count that pauses for long after each number. The first
// one must not wait in a buffer, and wsd must end a program that reads no stdin.
func testLeftEarly(t *testing.T, e example) {
	t.Parallel()
	e.args = []string{"60"}
	guest := servertest.Serve(t, e.command(t)...).Dial("/")
	guest.Want("1")
	guest.Leave()
}

// testChatOfTwo lets two guests into one room. What each says reaches both.
func testChatOfTwo(t *testing.T) {
	t.Parallel()
	backend := chat("chat/chat.sh", "sh", filepath.Join(t.TempDir(), "room"))
	wsd := servertest.Serve(t, backend.command(t)...)

	ada := wsd.Dial("/")
	adaName, _ := strings.CutSuffix(receive(t, ada, 1)[0], " joined")
	bob := wsd.Dial("/")
	bobName, _ := strings.CutSuffix(receive(t, bob, 1)[0], " joined")
	ada.Want(bobName + " joined")

	ada.Send("is anybody here?")
	bob.Want(adaName + ": is anybody here?")
	bob.Send("I am")
	ada.Want(adaName + ": is anybody here?")
	ada.Want(bobName + ": I am")

	bob.SendClose(1000)
	ada.Want(bobName + " left")
	ada.SendClose(1000)
}

// testStatsPage reads the page of example stats from the port that serves its
// WebSockets, and looks for anything in it that would come from elsewhere.
func testStatsPage(t *testing.T) {
	t.Parallel()
	backend := stats("stats/stats.py", "python3")
	wsd := servertest.Serve(t, append([]string{"--staticdir=stats"}, backend.command(t)...)...)
	answer, got := wsd.Client().Get("/")
	want := servertest.Read(t, "stats/index.html")
	if answer.StatusCode != http.StatusOK || got != want {
		t.Errorf("got %s and %q, want the page", answer.Status, got)
	}
	for _, outside := range []string{"http:", "https:", `"//`, "@import"} {
		if strings.Contains(want, outside) {
			t.Errorf("the page contains %q: it must need nothing from elsewhere", outside)
		}
	}
}
