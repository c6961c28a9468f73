package server

import (
	"context"
	"errors"
	"net/http"

	"wsd/exec"
	"wsd/server/guard"
	"wsd/server/hint"
)

// guarded reports whether clients show something that lets them in. Browsers
// send it along whichever page makes the request, so that other origins are
// refused then.
func (c *Config) guarded() bool {
	return c.PasswordFile != "" || len(c.AuthCommand) > 0 || c.TLS != nil && c.TLS.ClientCA != ""
}

// allow asks the guards of all requests but health checks, the cheap one first.
// It answers a request that it refuses, and reports false.
func (s *Server) allow(w *response, r *httpRequest) bool {
	return s.allowOrigin(w, r) && s.allowUser(w, r)
}

func (s *Server) allowOrigin(w *response, r *httpRequest) bool {
	check := s.origins.CheckPlain
	if isUpgrade(r.Request) {
		check = s.origins.CheckUpgrade
	}
	err := check(r.Request, r.client)
	if err == nil {
		return true
	}
	attrs := append(r.client.Attrs(), "origin", guard.Origin(r.Request), "host", r.client.Host, "err", err)
	if advice := hint.Of(err); advice != "" {
		attrs = append(attrs, "hint", advice)
	}
	s.log.Info("origin refused", attrs...)
	refuse(w, http.StatusForbidden, "this origin is not allowed")
	return false
}

// allowUser lets in who knows a password (--htpasswd). It answers a request that
// it refuses, and reports false.
func (s *Server) allowUser(w *response, r *httpRequest) bool {
	if s.logins == nil {
		return true
	}
	user, password, err := guard.Credentials(r.Request)
	if err == nil && !isUpgrade(r.Request) && !s.logins.Remembers(user, password) && !s.withinRate(w, r) {
		return false // a guess by a plain request counts as one by a handshake
	}
	if err == nil {
		err = s.logins.Check(r.Context(), user, password)
	}
	if err == nil {
		r.user = user
		return true
	}
	if r.Header["Authorization"] != nil { // browsers ask without first
		s.log.Info("login refused", append(r.client.Attrs(), "path", r.asked.Path, "err", err)...)
	}
	refuseLogin(w, err)
	return false
}

// refuseLogin answers a request whose credentials are refused by err.
func refuseLogin(w http.ResponseWriter, err error) {
	if errors.As(err, new(guard.LoginError)) {
		w.Header().Set("WWW-Authenticate", guard.Challenge)
		refuse(w, http.StatusUnauthorized, "a user and a password are needed")
		return
	}
	refuseFor(w, http.StatusServiceUnavailable, retryAfter, "too many logins at once, try again later")
}

// authorize asks the program of Config.AuthCommand, which has the request's place
// of MaxForks meanwhile, and adds the variables that it prints to the environment of
// the backend. It answers a request that it refuses, and reports false.
func (s *Server) authorize(w *response, r *httpRequest, id string, backend *exec.Command) bool {
	if len(s.auth.Words) == 0 {
		return true
	}
	log := s.log.With("session", id)
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	defer context.AfterFunc(s.life.closing, func() { cancel(errClosing) })()
	env, status, err := s.auth.Run(ctx, log, backend.Env)
	switch {
	case errors.Is(err, errClosing):
		refuseClosing(w)
	case r.Context().Err() != nil: // nobody is there to be answered
		w.WriteHeader(http.StatusServiceUnavailable)
	case err != nil:
		log.Error("the program of --authcmd failed", "err", err)
		refuseUnsure(w)
	case status.OK():
		backend.Env = env
		return true
	case status.Code == guard.Unauthorized:
		// Without a challenge: which one the program would take is not known, and
		// at Basic a browser asks for a password that may not exist.
		refuse(w, http.StatusUnauthorized, "you are not known here")
	case status.Code == guard.Forbidden:
		refuse(w, http.StatusForbidden, "you may not connect")
	default:
		log.Error("the program of --authcmd failed", "exit", status.String())
		refuseUnsure(w)
	}
	return false
}

func refuseUnsure(w http.ResponseWriter) {
	refuse(w, http.StatusServiceUnavailable, "the server could not find out who may connect")
}
