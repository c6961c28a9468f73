package server

import (
	"net/http"
	"strings"
)

// guarded reports whether clients show something that lets them in. Browsers
// send it along whichever page makes the request, so that other origins are
// refused then.
func (c *Config) guarded() bool {
	return c.PasswordFile != "" || len(c.AuthCommand) > 0 || c.TLS != nil && c.TLS.ClientCA != ""
}

// letIn asks the guards of all requests but health checks, the cheap one first.
// It answers a request that it refuses, and reports false.
func (s *Server) letIn(w *response, r *httpRequest) bool {
	return s.admitOrigin(w, r) && s.admitUser(w, r)
}

func (s *Server) admitOrigin(w *response, r *httpRequest) bool {
	hint, err := s.crossOrigin(r)
	if err == nil {
		return true
	}
	attrs := append(r.client.Attrs(), "origin", originOf(r), "host", r.client.Host, "err", err)
	if hint != "" {
		attrs = append(attrs, "hint", hint)
	}
	s.log.Info("origin refused", attrs...)
	refuse(w, http.StatusForbidden, "this origin is not allowed")
	return false
}

// guardedHint is for the operator whose page is refused without a flag that says
// so.
const guardedHint = "browsers send passwords, cookies and certificates along for any page: " +
	"name the origins that may connect with --origin"

// crossOrigin says why the page that makes a request may not do so; the hint
// may be empty.
func (s *Server) crossOrigin(r *httpRequest) (hint string, err error) {
	listed := len(s.cfg.Origins) > 0
	switch {
	case isUpgrade(r.Request):
		implied := s.cfg.guarded() && !listed && !s.cfg.SameOrigin
		err = s.checkUpgrade(r, s.cfg.SameOrigin || implied)
		if err != nil && implied {
			hint = guardedHint
		}
	case s.cfg.guarded():
		if err = s.checkUnsafe(r); err != nil {
			hint = guardedHint
		}
	}
	return hint, err
}

func (s *Server) checkUpgrade(r *httpRequest, same bool) error {
	return checkOrigin(originOf(r), r.client.BrowserScheme(), r.client.Host, s.cfg.Origins, same)
}

// originOf is the request's Origin header. Browsers send one at most (RFC 6454 7.3);
// several, of which a program might take another one than the guards, are none
// that is valid.
func originOf(r *httpRequest) string { return strings.Join(r.Header.Values("Origin"), ", ") }

// checkUnsafe checks a request whose method may change something (RFC 9110
// 9.2.1), as a CGI program's form does. The server's own pages may make it, and
// those of Config.Origins.
func (s *Server) checkUnsafe(r *httpRequest) error {
	asked := *r.Request
	asked.Host = r.client.Host
	err := new(http.CrossOriginProtection).Check(&asked)
	origin := r.Header.Get("Origin")
	if err == nil || origin == "" {
		return err
	}
	if len(s.cfg.Origins) > 0 && checkOrigin(origin, "", "", s.cfg.Origins, false) == nil {
		return nil
	}
	return err
}
