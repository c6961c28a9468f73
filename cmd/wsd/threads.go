package main

import (
	"runtime"
	"sync"
)

// spareThreads is how many threads wsd has from the start, besides those that it
// needs when idle.
const spareThreads = 8

// reserveThreads makes the Go runtime start threads, which it then keeps. Where a
// limit on processes is reached, RLIMIT_NPROC or a service's TasksMax, a backend
// that can't be started ends one session; a thread that can't be started would
// end wsd.
func reserveThreads() {
	var all, ended sync.WaitGroup
	all.Add(spareThreads)
	for range spareThreads {
		ended.Go(func() { // ends when all hold a thread; awaited below
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			all.Done()
			all.Wait()
		})
	}
	ended.Wait()
}
