//go:build !linux

package main

// runsHere is whether this platform has /proc, which a soak needs.
const runsHere = false

// machineLimits are not known on this platform.
func machineLimits() limits { return limits{} }

// killBackends does nothing: no soak runs here.
func killBackends(string) {}
