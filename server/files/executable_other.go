//go:build !windows

package files

import "io/fs"

// IsExecutable reports whether a file is regular and somebody may execute it. It
// does not ask who, so that a wrong owner does not look like a wrong URL: the
// start fails and says why.
func IsExecutable(info fs.FileInfo) bool {
	return info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}

// isAlias reports whether a segment of a URL path may be a second name of a file,
// which only Windows has.
func isAlias(string) bool { return false }
