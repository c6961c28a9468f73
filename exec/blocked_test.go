package exec

import (
	"bytes"
	"runtime"
	"slices"
	"strings"
)

// awaitBlocked returns when n goroutines are in a function of this package and in
// one of the states, which are the runtime's words. Nothing else can tell that a
// call has begun to wait. Tests that use it are not parallel.
func awaitBlocked(function string, n int, states ...string) {
	for blockedIn(function, states...) != n {
		runtime.Gosched()
	}
}

func blockedIn(function string, states ...string) (n int) {
	all := make([]byte, 1<<20)
	all = all[:runtime.Stack(all, true)]
	for stack := range bytes.SplitSeq(all, []byte("\n\n")) {
		head, calls, _ := strings.Cut(string(stack), "\n") // goroutine 7 [IO wait, 2 minutes]:
		_, state, _ := strings.Cut(head, "[")
		state = state[:max(strings.IndexAny(state, ",]"), 0)]
		if strings.Contains(calls, "wsd/exec."+function+"(") && slices.Contains(states, state) {
			n++
		}
	}
	return n
}
