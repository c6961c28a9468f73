package faults_test

import (
	"strconv"
	"testing"
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
			said, err := c.rest()
			for i, m := range said {
				if m != strconv.Itoa(i+1) {
					t.Fatalf("message %d is %q", i+1, m)
				}
			}
			c.part(1011)
			over := s.over(c)
			if len(said) < 10 || over.text("messages_out") != strconv.Itoa(len(said)) {
				t.Errorf("%d messages came, want %s", len(said), over.text("messages_out"))
			}
			// Which of the two it is, is the shell's choice.
			if want := (closedError{1011, over.text("exit")}); err != want || !over.is("exit", "…signal: SIG…") && !over.is("exit", "…exit status …") {
				t.Errorf("the session ended with %v, and the backend with %v", err, over)
			}
		}
	})
	s.finish()
}
