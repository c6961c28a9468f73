package server

import (
	"net/http"
	"net/url"
	"strings"

	"wsd/server/files"
)

// stripBase removes the base path from the request's URL, and reports false when
// the URL is not below it. The base path itself becomes ""; otherwise, what remains
// begins with a slash.
func (s *Server) stripBase(r *httpRequest) bool {
	if s.cfg.BasePath == "" {
		return true
	}
	path, ok := cutBase(s.cfg.BasePath, r.asked.Path)
	if !ok {
		return false
	}
	inner := *r.asked
	inner.Path = path
	// If the client encoded the base path in its own way, RawPath becomes "" and
	// net/url encodes the rest again.
	inner.RawPath, _ = cutBase((&url.URL{Path: s.cfg.BasePath}).EscapedPath(), r.asked.EscapedPath())
	shallow := *r.Request
	shallow.URL = &inner
	r.Request = &shallow
	return true
}

// cutBase cuts base off the front of path, segment by segment. As elsewhere, //path
// counts as /path.
func cutBase(base, path string) (rest string, ok bool) {
	rest = path
	for segment := range strings.SplitSeq(base[1:], "/") {
		rest = strings.TrimLeft(rest, "/")
		rest, ok = strings.CutPrefix(rest, segment)
		if !ok || rest != "" && rest[0] != '/' {
			return "", false
		}
	}
	return rest, true
}

// underBase returns the SCRIPT_NAME of a script whose name below the base path is
// name: followed by PATH_INFO, it is the URL path (RFC 3875, section 4.1.13).
func (s *Server) underBase(name string) string {
	if s.cfg.BasePath == "" {
		return name
	}
	return s.cfg.BasePath + strings.TrimSuffix(name, "/")
}

// redirectToBase redirects a request for the base path itself, when static files
// are served there, to the same path with a slash at its end: without it, the links
// of a page there would lead elsewhere. For any other request it reports false and
// writes nothing. WebSockets are never redirected, since browsers don't follow.
func (s *Server) redirectToBase(w http.ResponseWriter, r *httpRequest) bool {
	if s.cfg.BasePath == "" || s.cfg.StaticDir == "" || r.URL.Path != "" {
		return false
	}
	asked := *r.Request
	asked.URL = r.asked
	w.Header().Set("Location", files.WithSlash(&asked))
	w.WriteHeader(http.StatusTemporaryRedirect)
	return true
}
