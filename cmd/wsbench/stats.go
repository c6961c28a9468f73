package main

import "time"

// percentile is the smallest value that at least p percent of sorted are not
// above (the nearest rank). There must be at least one value.
func percentile(sorted []time.Duration, p float64) time.Duration {
	rank := int(p/100*float64(len(sorted)) + 0.999999)
	return sorted[min(max(rank, 1), len(sorted))-1]
}
