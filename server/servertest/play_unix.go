//go:build unix

package servertest

import (
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

func init() {
	Steps["kill"] = func(name string) { killSelf(unix.SignalNum(name)) }
	Steps["ignore"] = ignoreSignals                                // NAME,NAME…
	Steps["daemon"] = func(s string) { startChild(newSession, s) } // start, out of reach of the group's signals
}

// killSelf never returns: it waits, since the signal may reach another thread
// first.
func killSelf(sig syscall.Signal) {
	never, _, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	syscall.Kill(os.Getpid(), sig)
	never.Read(make([]byte, 1))
}

func ignoreSignals(names string) {
	for name := range strings.SplitSeq(names, ",") {
		signal.Ignore(unix.SignalNum(name))
	}
}

func newSession(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd
}
