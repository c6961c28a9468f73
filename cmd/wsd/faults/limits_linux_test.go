package faults_test

import "golang.org/x/sys/unix"

// limit sets a resource limit of the running daemon, as prlimit(1) does. The hard
// limit stays, so that it can be raised again.
func (d *daemon) limit(resource int, soft uint64) {
	d.t.Helper()
	var old unix.Rlimit
	if err := unix.Prlimit(d.PID(), resource, nil, &old); err != nil {
		d.t.Fatalf("reading a limit: %v", err)
	}
	if err := unix.Prlimit(d.PID(), resource, &unix.Rlimit{Cur: min(soft, old.Max), Max: old.Max}, nil); err != nil {
		d.t.Fatalf("setting a limit: %v", err)
	}
}
