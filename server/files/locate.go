// Package files finds what is below a folder at a URL path, and serves files from
// there. Nothing outside the folder is ever found.
package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ErrNotFound is returned for a URL path that leads to no file.
var ErrNotFound = errors.New("no such file")

// Split returns the segments of a decoded URL path. Empty and "." segments are
// left out, so that //path, which some proxies make when they replace a prefix,
// is /path and needs no redirect, which a WebSocket client would not follow.
//
// A path with a ".." segment or a NUL is refused with ErrNotFound and not
// resolved: clients resolve ".." before they send it, so one in a request has a
// purpose, such as to get past a proxy whose rules read %2e%2e%2f differently. A
// backslash counts as a slash here, as it does on Windows.
func Split(urlPath string) ([]string, error) {
	if strings.IndexByte(urlPath, 0) >= 0 {
		return nil, ErrNotFound
	}
	for part := range strings.FieldsFuncSeq(urlPath, func(c rune) bool { return c == '/' || c == '\\' }) {
		if part == ".." {
			return nil, ErrNotFound
		}
	}
	var segments []string
	for segment := range strings.SplitSeq(urlPath, "/") {
		if segment != "" && segment != "." {
			segments = append(segments, segment)
		}
	}
	return segments, nil
}

// Located is a file or folder that segments of a URL path lead to.
type Located struct {
	Path string      // below the given folder, with symbolic links as they are
	Root string      // that folder, with symbolic links resolved
	Rel  string      // the file relative to Root, with symbolic links resolved
	Info fs.FileInfo // of the file itself
}

// Locate follows segments from dir. Symbolic links are followed, absolute ones
// too (os.Root would refuse those), but only if they end up inside dir. The names
// of the folders that a link goes through do not matter: a dot folder may hold
// what a link shows, as it does in a Kubernetes volume. The error is ErrNotFound
// unless dir itself can't be resolved.
func Locate(dir string, segments []string) (Located, error) {
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return Located{}, fmt.Errorf("resolving the folder: %w", err)
	}
	for _, segment := range segments {
		if isAlias(segment) {
			return Located{}, ErrNotFound
		}
	}
	name := "."
	if len(segments) > 0 {
		// Localize refuses what is a name in a URL but not on this platform:
		// backslashes, drives and devices on Windows.
		if name, err = filepath.Localize(strings.Join(segments, "/")); err != nil {
			return Located{}, ErrNotFound
		}
	}
	path := filepath.Join(dir, name)
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return Located{}, ErrNotFound
	}
	rel, err := filepath.Rel(root, real)
	if err != nil || !filepath.IsLocal(rel) {
		return Located{}, ErrNotFound
	}
	info, err := os.Lstat(real)
	if err != nil {
		return Located{}, ErrNotFound
	}
	return Located{Path: path, Root: root, Rel: rel, Info: info}, nil
}
