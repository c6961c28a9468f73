//go:build unix

package exec

import (
	"os"
	"os/signal"
	"syscall"
)

// catchIgnored makes sure that children don't start out ignoring signals that end a
// program: SIGHUP under nohup(1), SIGINT in a script's background jobs, and whatever
// this process itself ignores. An ignored signal stays ignored across execve(2),
// but a caught one does not: so from now on this process catches it and, as before,
// does nothing. It costs nothing when no signal is ignored.
func catchIgnored() {
	for _, s := range []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGPIPE, syscall.SIGTERM} {
		if signal.Ignored(s) {
			signal.Notify(make(chan os.Signal, 1), s) // never read, which blocks nobody
		}
	}
}
