//go:build !linux

package daemon

import "time"

// CPUTime is not known on this platform.
func CPUTime(int) (cpu time.Duration, known bool) { return 0, false }

// Look finds no footprint on this platform.
func Look(int) (f Footprint, known bool) { return Footprint{}, false }

// Children is not known on this platform.
func Children(int) (n int, known bool) { return 0, false }

// Parent is not known on this platform.
func Parent(string) int { return 0 }
