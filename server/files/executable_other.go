//go:build !windows

package files

import "io/fs"

// IsExecutable says whether a file is regular and somebody may execute it. Not
// asking who keeps a wrong owner from looking like a wrong URL: the start fails
// and says why.
func IsExecutable(info fs.FileInfo) bool {
	return info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}

// isAlias says whether a segment of a URL path may be a second name of a file,
// which only Windows has.
func isAlias(string) bool { return false }
