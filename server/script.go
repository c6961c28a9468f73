package server

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// script is the program that a URL path asks for, in the words of RFC 3875.
type script struct {
	path     string // the file to execute
	name     string // SCRIPT_NAME: the part of the URL path that leads to it
	pathInfo string // PATH_INFO: the rest of the URL path, "" or from a slash on
}

// errNotFound is returned for a URL path without a script; it is answered 404.
var errNotFound = errors.New("no such script")

// commandScript is the script of a server with a single command. As with
// websocketd the whole URL path is PATH_INFO, less its empty and "." segments.
// The error is errNotFound for a path that splitPath refuses.
func commandScript(command, urlPath string) (script, error) {
	segments, err := splitPath(urlPath)
	if err != nil {
		return script{}, err
	}
	info := joinPath(segments, urlPath)
	if info == "" {
		info = "/"
	}
	return script{path: command, name: "/", pathInfo: info}, nil
}

// findScript returns the script for a decoded URL path: the first executable
// regular file below dir, an absolute path, on the way that the segments of the
// path tell. What is left of them is PATH_INFO (RFC 3875, section 4.1.5).
//
// The error is errNotFound when there is none, and also when the way leads
// through a dot file or folder, to a file that is not executable, or by a
// symbolic link out of dir. Any other error is about dir itself. The file is not
// opened: whoever may write below dir may change it at any time.
func findScript(dir, urlPath string) (script, error) {
	segments, err := splitPath(urlPath)
	if err != nil {
		return script{}, err
	}
	for i, segment := range segments {
		if strings.HasPrefix(segment, ".") {
			return script{}, errNotFound
		}
		found, err := locate(dir, segments[:i+1])
		if err != nil {
			return script{}, err
		}
		if found.info.IsDir() {
			continue
		}
		if !isExecutable(found.info) {
			return script{}, errNotFound
		}
		return script{
			path:     found.path,
			name:     "/" + strings.Join(segments[:i+1], "/"),
			pathInfo: joinPath(segments[i+1:], urlPath),
		}, nil
	}
	return script{}, errNotFound
}

// splitPath returns the segments of a decoded URL path. Empty and "." segments
// are left out, so that //path, which proxies make of a prefix, is /path and
// needs no redirect, which a WebSocket client would not follow.
//
// A path with a ".." segment or a NUL is refused with errNotFound and not
// resolved: clients resolve ".." before they send it, so that one in a request
// is meant for something, such as the rules of a proxy that read %2e%2e%2f
// differently. A backslash counts as a slash there, as it does on Windows.
func splitPath(urlPath string) ([]string, error) {
	if strings.IndexByte(urlPath, 0) >= 0 {
		return nil, errNotFound
	}
	for part := range strings.FieldsFuncSeq(urlPath, func(c rune) bool { return c == '/' || c == '\\' }) {
		if part == ".." {
			return nil, errNotFound
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

// joinPath is the path that the last segments of urlPath make: "" when nothing
// is left of it, and with a slash at its end when urlPath has one.
func joinPath(segments []string, urlPath string) string {
	joined := ""
	for _, segment := range segments {
		joined += "/" + segment
	}
	if strings.HasSuffix(urlPath, "/") {
		joined += "/"
	}
	return joined
}

// located is a file or folder that segments of a URL path lead to.
type located struct {
	path string      // below the folder that was asked, links and all
	root string      // that folder without symbolic links
	rel  string      // the file relative to root without symbolic links
	info fs.FileInfo // of the file itself
}

// locate follows segments from dir. Symbolic links are followed, absolute ones
// too (os.Root would refuse those), but only to what is inside dir in the end.
// The names of the folders that a link goes through are nobody's concern: a dot
// folder may hold what a link shows, as it does in a Kubernetes volume. The error
// is errNotFound unless dir itself can't be resolved.
func locate(dir string, segments []string) (located, error) {
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return located{}, fmt.Errorf("resolving the folder: %w", err)
	}
	for _, segment := range segments {
		if isAlias(segment) {
			return located{}, errNotFound
		}
	}
	name := "."
	if len(segments) > 0 {
		// Localize refuses what is a name in a URL but not on this platform:
		// backslashes, drives and devices on Windows.
		if name, err = filepath.Localize(strings.Join(segments, "/")); err != nil {
			return located{}, errNotFound
		}
	}
	path := filepath.Join(dir, name)
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return located{}, errNotFound
	}
	rel, err := filepath.Rel(root, real)
	if err != nil || !filepath.IsLocal(rel) {
		return located{}, errNotFound
	}
	info, err := os.Lstat(real)
	if err != nil {
		return located{}, errNotFound
	}
	return located{path: path, root: root, rel: rel, info: info}, nil
}
