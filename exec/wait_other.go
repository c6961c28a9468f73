//go:build !linux

package exec

import "os"

// awaitExit leaves the waiting to the reaping itself, which holds a thread; the
// runtime's poller can't watch a process here.
func awaitExit(*os.Process) {}
