//go:build !linux

package main

// soakRuns tells whether this platform has what a soak looks at: /proc.
const soakRuns = false

// machineLimits are not known on this platform.
func machineLimits() soakLimits { return soakLimits{} }

// killBackends does nothing: no soak runs here.
func killBackends(string) {}
