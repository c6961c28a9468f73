//go:build unix

package certs

import "golang.org/x/sys/unix"

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
