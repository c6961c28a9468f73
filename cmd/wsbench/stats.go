package main

import (
	"slices"
	"time"
)

// median is the middle of values, or the mean of the two in the middle. There
// must be at least one; values is left as it is.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// percentile is the smallest value that at least p percent of sorted are not
// above (the nearest rank). There must be at least one value.
func percentile(sorted []time.Duration, p float64) time.Duration {
	rank := int(p/100*float64(len(sorted)) + 0.999999)
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// ratio is value as a multiple of base. It is not ok when base is nothing to
// compare with.
func ratio(value, base float64) (times float64, ok bool) {
	if base <= 0 {
		return 0, false
	}
	return value / base, true
}
