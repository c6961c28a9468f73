//go:build !darwin && !windows

package main

// defaultPassEnv is the default of --passenv.
const defaultPassEnv = "PATH,LD_LIBRARY_PATH"

// sameName reports whether two names mean the same variable.
func sameName(a, b string) bool { return a == b }
