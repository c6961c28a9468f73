//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"
)

// dropSupported says whether a process can change its user.
const dropSupported = true

// isRoot reports whether this process has the rights of root.
func isRoot() bool { return os.Geteuid() == 0 }

// isCurrent reports whether this process already runs as a.
func (a *account) isCurrent() bool {
	return os.Getuid() == a.uid && os.Geteuid() == a.uid && os.Getgid() == a.gid && os.Getegid() == a.gid
}

// become makes all threads of this process run as a, and makes sure that there
// is no way back. After an error the process may be halfway there, and must end.
//
// On Linux the user's other processes can't look into this one after that
// (PR_SET_DUMPABLE in prctl(2)): a backend can't read the private keys that are
// in its memory. Nothing may set that back.
func (a *account) become() error {
	if !isRoot() {
		return nil // setAccount has made sure that there is nothing to change
	}
	for _, step := range []struct {
		name string
		do   func() error
	}{
		// In this order: the last one takes away the right to the others.
		{"setgroups", func() error { return syscall.Setgroups(a.groups) }},
		{"setgid", func() error { return syscall.Setgid(a.gid) }},
		{"setuid", func() error { return syscall.Setuid(a.uid) }},
		{"checking the result", a.check},
	} {
		if err := step.do(); err != nil {
			return hinted("in a container root needs the capabilities SETUID and SETGID, and the numbers must exist there",
				"becoming user %s: %s: %w", a.name, step.name, err)
		}
	}
	return nil
}

// check reports whatever is left of root.
func (a *account) check() error {
	for _, id := range userIDs() {
		if id != a.uid {
			return fmt.Errorf("a user id is %d", id)
		}
	}
	for _, id := range groupIDs() {
		if id != a.gid {
			return fmt.Errorf("a group id is %d", id)
		}
	}
	groups, err := syscall.Getgroups()
	if err != nil {
		return err
	}
	for _, id := range groups {
		if !slices.Contains(a.groups, id) {
			return fmt.Errorf("it is still in group %d", id)
		}
	}
	if a.uid != 0 && (syscall.Setuid(0) == nil || syscall.Setreuid(-1, 0) == nil) {
		return errors.New("it can become root again")
	}
	if a.uid != 0 && a.gid != 0 && (syscall.Setgid(0) == nil || syscall.Setgroups([]int{0}) == nil) {
		return errors.New("it can become root's group again")
	}
	return nil
}
