package faults_test

import (
	"cmp"
	"os"
	"syscall"
	"testing"

	"wsd/server/servertest"
)

// A daemon is a wsd that runs.
type daemon struct {
	*servertest.Process
	t       *testing.T
	address string
}

// settings are what is special about a daemon. Its zero value is an ordinary one.
type settings struct {
	args       []string
	command    bool                // serve the script echo at each path, instead of all scripts
	scripts    string              // the folder of scripts; one of the test if empty
	tls        *certificates       // serve these
	credential *syscall.Credential // run as somebody else
	public     bool                // wsd is where every user may run it
	stderr     *os.File            // the log goes there, and not to the daemon's Log
	listen     string              // address and port; a free one if empty
	inside     func(func())        // calls a function where wsd runs and its clients are
}

// launch starts a wsd and returns when it listens.
func launch(t *testing.T, o settings, args ...string) *daemon {
	t.Helper()
	listen := cmp.Or(o.listen, "127.0.0.1:0")
	if o.stderr != nil { // whose log can't tell where it listens
		listen = freeAddress()
	}
	cmd := servertest.Command(t, append([]string{"--address=" + listen}, args...)...)
	if o.public {
		cmd.Path = servertest.Public(t)
	}
	cmd.Env = append(cmd.Env, "GOTRACEBACK=all", "GOGC=20") // goroutines is why all of them are wanted
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: o.credential}
	d := &daemon{t: t, address: listen}
	if o.stderr != nil {
		cmd.Stderr = o.stderr
	}
	o.inside(func() { d.Process = servertest.Start(t, cmd) })
	t.Cleanup(func() {
		if t.Failed() && !d.Ended() {
			_ = d.Cmd.Process.Signal(syscall.SIGABRT) // the log then shows what wsd was doing
		}
	})
	if o.stderr != nil {
		awaitListener(t, listen)
	} else {
		d.address = d.Address()
	}
	return d
}
