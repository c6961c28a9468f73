//go:build race

package faults_test

// race is whether the tests run with the race detector.
const race = true

// buffer is half of what the smallest buffer of a session costs: 64 KiB, and the
// race detector keeps twice as much about it.
const buffer = 96 << 10
