//go:build unix

package certs

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// fileState is what stat(2) tells of a file.
type fileState struct{ unix.Stat_t }

// stat returns nil for a file that can't be looked at.
func stat(file string) *fileState {
	var s fileState
	if unix.Stat(file, &s.Stat_t) != nil {
		return nil
	}
	s.Atim, s.Blocks = unix.Timespec{}, 0 // these change by themselves
	return &s
}

// same compares the time of the last change of the file's content, mode or owner
// (ctime), too: its own time (mtime) and its size can be those of the file that it
// replaces.
func (s *fileState) same(o *fileState) bool { return *s == *o }

// checkPrivate says why what info is about is not private: it belongs to neither root
// nor this process's user, or one of the permissions denied is given.
func checkPrivate(info os.FileInfo, denied os.FileMode) error {
	owner := info.Sys().(*syscall.Stat_t).Uid
	switch mode := info.Mode().Perm(); {
	case owner != 0 && owner != uint32(os.Geteuid()):
		return fmt.Errorf("belongs to another user, number %d", owner)
	case mode&denied != 0:
		return fmt.Errorf("has the permissions %04o, which let others in", mode)
	}
	return nil
}
