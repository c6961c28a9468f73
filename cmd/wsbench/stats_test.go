package main

import (
	"slices"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{7}, 7},
		{[]float64{3, 1}, 2},
		{[]float64{9, 1, 5}, 5},
		{[]float64{4, 1, 3, 2}, 2.5},
		{[]float64{1, 1, 1, 100}, 1},
	} {
		before := slices.Clone(test.values)
		if got := median(test.values); got != test.want {
			t.Errorf("median(%v) = %v, want %v", test.values, got, test.want)
		}
		if !slices.Equal(test.values, before) {
			t.Errorf("median changed %v to %v", before, test.values)
		}
	}
}

func TestPercentile(t *testing.T) {
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(i + 1)
	}
	for _, test := range []struct {
		sorted []time.Duration
		p      float64
		want   time.Duration
	}{
		{[]time.Duration{5}, 50, 5},
		{[]time.Duration{5}, 99, 5},
		{[]time.Duration{1, 2}, 50, 1},
		{[]time.Duration{1, 2, 3}, 50, 2},
		{[]time.Duration{1, 2, 3, 4}, 99, 4},
		{hundred, 0, 1},
		{hundred, 50, 50},
		{hundred, 99, 99},
		{hundred, 100, 100},
	} {
		if got := percentile(test.sorted, test.p); got != test.want {
			t.Errorf("percentile(%d values, %v) = %v, want %v", len(test.sorted), test.p, got, test.want)
		}
	}
}

func TestRatio(t *testing.T) {
	for _, test := range []struct {
		value, base, want float64
		ok                bool
	}{
		{6, 2, 3, true},
		{1, 4, 0.25, true},
		{0, 4, 0, true},
		{1, 0, 0, false},
		{1, -1, 0, false},
	} {
		if got, ok := ratio(test.value, test.base); got != test.want || ok != test.ok {
			t.Errorf("ratio(%v, %v) = %v, %v, want %v, %v", test.value, test.base, got, ok, test.want, test.ok)
		}
	}
}
