package main

import (
	"runtime"
	"sync"

	"wsd/server/files"
)

// otherThreads is how many threads are blocked in system calls at most, besides
// those that files.Pass lets through: at the log, in the start of a backend, of
// which there is one at a time, in a reload, in a handshake's look at the
// certificates, and a few that come and go.
const otherThreads = 8

// reserveThreads makes the Go runtime start all the threads that wsd needs, which
// it then keeps: one for each processor that runs Go code, and those that are
// blocked. Where a limit on processes is reached, RLIMIT_NPROC or a service's
// TasksMax, a backend that can't be started ends one session; a thread that can't
// be started would end wsd.
func reserveThreads() {
	threads := runtime.GOMAXPROCS(0) + files.GateWidth + otherThreads
	var all, ended sync.WaitGroup
	all.Add(threads)
	for range threads {
		ended.Go(func() { // ends when all hold a thread; awaited below
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			all.Done()
			all.Wait()
		})
	}
	ended.Wait()
}
