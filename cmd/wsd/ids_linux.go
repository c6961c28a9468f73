package main

import "golang.org/x/sys/unix"

// userIDs are the real, the effective and the saved user id of this thread.
func userIDs() [3]int {
	r, e, s := unix.Getresuid()
	return [3]int{r, e, s}
}

func groupIDs() [3]int {
	r, e, s := unix.Getresgid()
	return [3]int{r, e, s}
}
