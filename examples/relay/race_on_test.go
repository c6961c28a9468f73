//go:build race

package main_test

// race is whether the tests run with the race detector.
const race = true
