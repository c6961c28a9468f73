package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// runnable reports whether Windows can start this file by itself, which depends
// on its name.
func runnable(info fs.FileInfo) bool {
	ext := strings.ToLower(filepath.Ext(info.Name()))
	known := strings.Split(strings.ToLower(os.Getenv("PATHEXT")), ";")
	return ext != "" && slices.Contains(known, ext)
}

// runnableHint says how to run a file that is not runnable.
func runnableHint(name string) string {
	return "Windows can't start it by itself; name its interpreter first, such as: python " + name
}
