//go:build unix && !linux

package main

import "syscall"

// userIDs are the real and the effective user id. Not every system shows the
// saved one.
func userIDs() [2]int { return [2]int{syscall.Getuid(), syscall.Geteuid()} }

func groupIDs() [2]int { return [2]int{syscall.Getgid(), syscall.Getegid()} }
