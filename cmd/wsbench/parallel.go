package main

import (
	"sync"
	"sync/atomic"
)

// parallel calls do with each number below n, workers of them at a time, and
// returns the first error when all have returned. After an error it starts no
// more.
func parallel(workers, n int, do func(i int) error) error {
	var next atomic.Int64
	var failed sync.Once
	var first error
	var wg sync.WaitGroup
	for range min(workers, n) {
		// Ends with the numbers or the first error; waited for below.
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := do(i); err != nil {
					failed.Do(func() { first = err })
					next.Store(int64(n))
				}
			}
		})
	}
	wg.Wait()
	return first
}
