package files

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// Static serves the files below a folder, except CGI programs. It is safe for
// concurrent use. The folder may be replaced while it runs: nothing is kept from
// one request to the next.
type Static struct {
	Dir    string // absolute path; "" serves nothing
	CGIDir string // the folder of CGI programs, an absolute path; "" when there is none
}

// Serve answers r with a file, or with the index.html of a folder. It returns
// false, and has written nothing, when there is no file for r, so that something
// else may answer. Folders are never listed, and dot files and folders, CGI
// files, and links out of the folder count as missing.
func (s *Static) Serve(w http.ResponseWriter, r *http.Request) bool {
	if s.Dir == "" {
		return false
	}
	var file *os.File
	var found Located
	var needsSlash bool
	if err := Pass(r.Context(), func() { file, found, needsSlash = s.find(r.URL.Path) }); err != nil {
		w.WriteHeader(http.StatusServiceUnavailable) // for the log: the client has left
		return true
	}
	if file == nil {
		return false
	}
	defer file.Close()
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "405 method not allowed", http.StatusMethodNotAllowed)
	case needsSlash:
		h.Set("Location", WithSlash(r))
		w.WriteHeader(http.StatusMovedPermanently)
	default:
		http.ServeContent(w, r, filepath.Base(found.Path), found.Info.ModTime(), gated{r.Context(), file})
	}
	return true
}

// find opens the file for a URL path, or returns nil when there is none. The caller
// closes it. needsSlash says that it is the index.html of a folder whose path does
// not end with a slash.
func (s *Static) find(urlPath string) (file *os.File, found Located, needsSlash bool) {
	segments, err := Split(urlPath)
	if err != nil || hasDotFile(segments) {
		return nil, found, false
	}
	isFolder := len(segments) == 0 || strings.HasSuffix(urlPath, "/")
	found, err = Locate(s.Dir, segments)
	if err != nil || (isFolder && !found.Info.IsDir()) {
		return nil, found, false
	}
	needsSlash = found.Info.IsDir() && !isFolder
	if found.Info.IsDir() {
		if found, err = Locate(s.Dir, append(segments, "index.html")); err != nil {
			return nil, found, false
		}
	}
	file, found.Info = s.open(found)
	return file, found, needsSlash
}

// open opens a regular file that is not a CGI file, or returns nil; the caller closes
// it. The file is opened below the resolved folder by os.Root, so that a link put in
// its place since it was located can't lead elsewhere.
func (s *Static) open(found Located) (*os.File, fs.FileInfo) {
	// Not even opened otherwise: opening a FIFO waits for its other end.
	if !found.Info.Mode().IsRegular() || s.isCGI(found) {
		return nil, nil
	}
	root, err := os.OpenRoot(found.Root)
	if err != nil {
		return nil, nil
	}
	defer root.Close()
	file, err := root.Open(found.Rel)
	if err != nil {
		return nil, nil
	}
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		file.Close()
		return nil, nil
	}
	return file, info
}

// isCGI reports whether a file must not be shown because of the CGI folder. Every
// file there may be part of a program, executable or not: a library, a password.
// Only if the static folder is the CGI folder or inside it does the operator mean
// its files to be seen, and just the programs are left out.
func (s *Static) isCGI(found Located) bool {
	if s.CGIDir == "" {
		return false
	}
	cgi, err := os.Stat(s.CGIDir)
	if err != nil {
		return false // no such folder, so no file below it
	}
	if isBelow(found.Root, cgi) {
		return IsExecutable(found.Info)
	}
	return isBelow(filepath.Join(found.Root, found.Rel), cgi)
}

// isBelow reports whether path, absolute and without symbolic links, is the
// folder or anywhere below it. It asks the file system rather than compare names,
// which may differ in case and still name one folder.
func isBelow(path string, folder fs.FileInfo) bool {
	for {
		if info, err := os.Stat(path); err == nil && os.SameFile(info, folder) {
			return true
		}
		parent := filepath.Dir(path)
		if parent == path {
			return false
		}
		path = parent
	}
}

// hasDotFile reports whether a segment is the name of a dot file or folder other
// than .well-known (RFC 8615).
func hasDotFile(segments []string) bool {
	for _, segment := range segments {
		if strings.HasPrefix(segment, ".") && segment != ".well-known" {
			return true
		}
	}
	return false
}

// WithSlash is the Location of the folder that r names without a slash at its
// end. It is relative, so it also holds behind a proxy that strips a prefix, and
// the ./ in front keeps //host and scheme: from naming another server.
func WithSlash(r *http.Request) string {
	path := r.URL.EscapedPath()
	location := "./" + path[strings.LastIndexByte(path, '/')+1:] + "/"
	if r.URL.RawQuery != "" {
		location += "?" + r.URL.RawQuery
	}
	return location
}
