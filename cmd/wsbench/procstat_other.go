//go:build !linux

package main

import "time"

// cpuTime is not known on this platform.
func cpuTime(int) (cpu time.Duration, known bool) { return 0, false }

// processFootprint is what a process holds.
type processFootprint struct {
	memory  int64 // resident, in bytes
	threads int
}

// footprint is not known on this platform.
func footprint(int) (f processFootprint, known bool) { return processFootprint{}, false }

// children is not known on this platform.
func children(int) (n int, known bool) { return 0, false }

// peakMemory is not known on this platform.
func peakMemory(int) int64 { return 0 }

// descriptors is not known on this platform.
func descriptors(int) int { return 0 }

// parent is not known on this platform.
func parent(string) int { return 0 }
