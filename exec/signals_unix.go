//go:build unix

package exec

import (
	"os"
	"os/signal"
	"syscall"
)

// catchIgnored makes sure that children don't start with the signals ignored
// that end a program: SIGHUP under nohup(1), SIGINT in a script's background,
// and whatever this process ignores by itself. An ignored signal stays ignored
// across execve(2), a caught one does not: so this process catches it from now on,
// and does nothing, as before. It costs nothing when no signal is ignored.
func catchIgnored() {
	for _, s := range []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGPIPE, syscall.SIGTERM} {
		if signal.Ignored(s) {
			signal.Notify(make(chan os.Signal, 1), s) // never read, which blocks nobody
		}
	}
}
