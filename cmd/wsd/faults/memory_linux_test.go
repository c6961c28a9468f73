package faults_test

import (
	"strconv"
	"testing"

	"wsd/server/servertest"
)

// TestBackendOutOfMemory has backends that grow until they hit RLIMIT_AS. All they
// said before reaches the client.
func TestBackendOutOfMemory(t *testing.T) {
	t.Parallel()
	s := newStage(t, settings{})
	s.script("grow", `ulimit -c 0; ulimit -v 50000
n=0; x=xxxxxxxxxxxxxxxx
while :; do n=$((n+1)); echo $n; x=$x$x; done`)
	s.endure(5, func(n int, during func()) {
		var clients []*client
		for range n {
			clients = append(clients, s.dial("/grow"))
		}
		during()
		for _, c := range clients {
			said, err := c.ReadAll()
			for i, m := range said {
				if m != strconv.Itoa(i+1) {
					t.Fatalf("message %d is %q", i+1, m)
				}
			}
			c.Part(1011)
			over := s.over(c)
			if len(said) < 10 || over["messages_out"] != strconv.Itoa(len(said)) {
				t.Errorf("%d messages came, want %s", len(said), over["messages_out"])
			}
			// Which of the two it is, is the shell's choice.
			if want := (servertest.CloseError{Code: 1011, Reason: over["exit"]}); err != want || !over.Is("exit", "…signal: SIG…") && !over.Is("exit", "…exit status …") {
				t.Errorf("the session ended with %v, and the backend with %v", err, over)
			}
		}
	})
	s.finish()
}
