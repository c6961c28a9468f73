package cgi

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"wsd/server/files"
)

// Script is the program that a URL path asks for, in the words of RFC 3875.
type Script struct {
	Path     string // the file to execute
	Name     string // SCRIPT_NAME: the part of the URL path that leads to it
	PathInfo string // PATH_INFO: the rest of the URL path, "" or beginning with a slash
}

// CommandScript is the script of a server with a single command. As with
// websocketd the whole URL path is PATH_INFO, without its empty and "." segments.
// The error is files.ErrNotFound for a path that files.Split refuses.
func CommandScript(command, urlPath string) (Script, error) {
	segments, err := files.Split(urlPath)
	if err != nil {
		return Script{}, err
	}
	info := joinPath(segments, urlPath)
	if info == "" {
		info = "/"
	}
	return Script{Path: command, Name: "/", PathInfo: info}, nil
}

// FindScript returns the script for a decoded URL path: the first file that the
// segments of the path lead to below dir, an absolute path. It must be regular
// and executable. The segments that are left are PATH_INFO (RFC 3875, section
// 4.1.5).
//
// The error is files.ErrNotFound when there is none, and also when the path leads
// through a dot file or folder, to a file that is not executable, or out of dir
// by a symbolic link. Any other error is about dir itself. The file is not
// opened: whoever may write below dir may change it at any time.
func FindScript(dir, urlPath string) (Script, error) {
	segments, err := files.Split(urlPath)
	if err != nil {
		return Script{}, err
	}
	for i, segment := range segments {
		if strings.HasPrefix(segment, ".") {
			return Script{}, files.ErrNotFound
		}
		found, err := files.Locate(dir, segments[:i+1])
		if err != nil {
			return Script{}, err
		}
		if found.Info.IsDir() {
			continue
		}
		if !files.IsExecutable(found.Info) {
			return Script{}, files.ErrNotFound
		}
		return Script{
			Path:     found.Path,
			Name:     "/" + strings.Join(segments[:i+1], "/"),
			PathInfo: joinPath(segments[i+1:], urlPath),
		}, nil
	}
	return Script{}, files.ErrNotFound
}

// What Scripts looks at and returns, at most.
const (
	listDepth   = 4 // folders on the way to a script, dir among them
	listEntries = 2000
	listScripts = 200
)

// Scripts returns the names (SCRIPT_NAME) of the scripts below dir, sorted: those
// that FindScript finds, except in folders that are symbolic links, which may lead
// round in a circle. Where there are more than it may look at, those in the upper
// folders come first and the rest is left out, as is what can't be read.
func Scripts(dir string) []string {
	var names []string
	left := listEntries
	for folders := []string{""}; len(folders) > 0 && left > 0; folders = folders[1:] {
		entries := readSome(filepath.Join(dir, filepath.FromSlash(folders[0])), left)
		left -= len(entries)
		for _, entry := range entries {
			name := folders[0] + "/" + entry.Name()
			if entry.IsDir() {
				if !strings.HasPrefix(entry.Name(), ".") && strings.Count(name, "/") < listDepth {
					folders = append(folders, name)
				}
			} else if found, err := FindScript(dir, name); err == nil && found.Name == name && len(names) < listScripts {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// readSome returns at most n entries of a folder, in no order.
func readSome(folder string, n int) []fs.DirEntry {
	f, err := os.Open(folder)
	if err != nil {
		return nil
	}
	defer f.Close()
	entries, _ := f.ReadDir(n) // those before an error count
	return entries
}

// joinPath joins the last segments of urlPath into a path: "" when nothing is
// left, and with a slash at its end when urlPath has one.
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
