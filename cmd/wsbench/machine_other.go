//go:build !linux

package main

import "runtime"

// cpuModel is the architecture; the model takes another call on each platform.
func cpuModel() string { return runtime.GOARCH }

// kernel is the system's name.
func kernel() string { return runtime.GOOS }
