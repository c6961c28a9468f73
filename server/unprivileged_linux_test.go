package server

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// unprivileged calls f, which opens files as nobody does if this is root, whom
// file modes would not stop. It is said to one thread, which ends with f.
func unprivileged(t *testing.T, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlocked: nobody gets this thread
		if unix.Geteuid() == 0 {
			if _, err := unix.SetfsuidRetUid(65534); err != nil {
				t.Error(err)
				return
			}
		}
		f()
	}()
	<-done
}
