package files

import (
	"io/fs"
	"path/filepath"
	"strings"
)

// IsExecutable reports whether a file is one that Windows can start. There is no
// permission for it; these extensions are the ones that need no other program.
func IsExecutable(info fs.FileInfo) bool {
	switch strings.ToLower(filepath.Ext(info.Name())) {
	case ".exe", ".com", ".bat", ".cmd":
		return info.Mode().IsRegular()
	}
	return false
}

// isAlias reports whether a segment of a URL path may be a second name of a file:
// GIT~1 is .git, and would get around the rule for dot files; a dot or a space at
// the end of a name is ignored.
func isAlias(segment string) bool {
	return strings.Contains(segment, "~") || strings.TrimRight(segment, ". ") != segment
}
