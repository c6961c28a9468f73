package server

import (
	"net/http"
	"net/url"
	"strings"

	"wsd/server/files"
)

// stripBase takes the base path off the request's URL and reports false when that
// is not below it. The base path itself becomes "", and the rest begins with a
// slash.
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
	// Where the client has encoded the base path in a way of its own, net/url
	// encodes the rest again.
	inner.RawPath, _ = cutBase((&url.URL{Path: s.cfg.BasePath}).EscapedPath(), r.asked.EscapedPath())
	shallow := *r.Request
	shallow.URL = &inner
	r.Request = &shallow
	return true
}

// cutBase cuts base off the front of path, segment by segment: as elsewhere,
// //path is /path.
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

// underBase is the SCRIPT_NAME of a script that is name below the base path:
// together with PATH_INFO it makes the URL path (RFC 3875, section 4.1.13).
func (s *Server) underBase(name string) string {
	if s.cfg.BasePath == "" {
		return name
	}
	return s.cfg.BasePath + strings.TrimSuffix(name, "/")
}

// redirectToBase sends a request for the base path itself, where static files
// are, to the one with a slash at its end: the links of a page there lead
// elsewhere without it. It reports false, and has written nothing, for any other.
// WebSockets are never redirected, since browsers don't follow.
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
