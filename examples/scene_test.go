package examples_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// testLeftEarly leaves a count that pauses for long after each number. The first
// one must not wait in a buffer, and wsd must end a program that reads no stdin.
func testLeftEarly(t *testing.T, wsd string, e example) {
	e.args = []string{"60"}
	guest := dial(t, startWSD(t, wsd, e.command(t)...))
	exactly("1")(t, guest.receive(1))
	guest.leave()
}

// testChatOfTwo lets two guests into one room. What each says reaches both.
func testChatOfTwo(t *testing.T, wsd string) {
	backend := chat("chat/chat.sh", "sh", filepath.Join(t.TempDir(), "room"))
	url := startWSD(t, wsd, backend.command(t)...)

	ada := dial(t, url)
	adaName, _ := strings.CutSuffix(ada.receive(1)[0], " joined")
	bob := dial(t, url)
	bobJoined := bob.receive(1)
	bobName, _ := strings.CutSuffix(bobJoined[0], " joined")
	exactly(bobJoined...)(t, ada.receive(1))

	ada.send("is anybody here?")
	exactly(adaName+": is anybody here?")(t, bob.receive(1))
	bob.send("I am")
	exactly(adaName+": is anybody here?", bobName+": I am")(t, ada.receive(2))

	bob.leave()
	exactly(bobName+" left")(t, ada.receive(1))
	ada.leave()
}

// testStatsPage reads the page of example stats from the port that serves its
// WebSockets, and looks for anything in it that would come from elsewhere.
func testStatsPage(t *testing.T, wsd string) {
	backend := stats("stats/stats.py", "python3")
	url := startWSD(t, wsd, append([]string{"--staticdir=stats"}, backend.command(t)...)...)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	response, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("stats/index.html")
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK || string(got) != string(want) {
		t.Errorf("got %s and %q, want the page", response.Status, got)
	}
	for _, outside := range []string{"http:", "https:", `"//`, "@import"} {
		if strings.Contains(string(want), outside) {
			t.Errorf("the page contains %q: it must need nothing from elsewhere", outside)
		}
	}
}
