//go:build !darwin && !windows

package main

// defaultPassEnv is the default of --passenv.
const defaultPassEnv = "PATH,LD_LIBRARY_PATH"

// sameName reports whether two names are one variable's.
func sameName(a, b string) bool { return a == b }
