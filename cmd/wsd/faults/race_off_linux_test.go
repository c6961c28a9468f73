//go:build !race

package faults_test

// race is whether the tests run with the race detector.
const race = false

// buffer is half of what the smallest buffer of a session costs.
const buffer = 32 << 10
