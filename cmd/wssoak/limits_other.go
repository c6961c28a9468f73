//go:build !linux

package main

// runsHere tells whether this platform has what a soak looks at: /proc.
const runsHere = false

// machineLimits are not known on this platform.
func machineLimits() limits { return limits{} }

// killBackends does nothing: no soak runs here.
func killBackends(string) {}
