//go:build !windows

package main

import "io/fs"

// runnable reports whether somebody may execute this file.
func runnable(info fs.FileInfo) bool { return info.Mode()&0o111 != 0 }

// runnableHint says how to make a file runnable.
func runnableHint(name string) string {
	if isBare(name) {
		return "make the one in this folder executable with chmod +x " + name + ", and run it by its path: " + here(name)
	}
	return "make it executable: chmod +x " + name
}
