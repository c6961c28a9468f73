package server

import (
	"context"
	"errors"
	"net/http"

	"wsd/exec"
	"wsd/server/guard"
	"wsd/server/hint"
)

// guarded reports whether clients must prove who they are. Browsers send such proof
// whichever page makes the request, so other origins are then refused.
func (c *Config) guarded() bool {
	return c.PasswordFile != "" || len(c.AuthCommand) > 0 || c.TLS != nil && c.TLS.ClientCA != ""
}

// checkRate refuses a client whose address has made too many handshakes or logins.
func (s *Server) checkRate(r *httpRequest) *refusal {
	wait := s.perIP.handshake(r.client.Counted())
	if wait == 0 {
		return nil
	}
	s.log.Warn("too many handshakes of one address ({HandshakesPerMinute})",
		append(r.client.Attrs(), "limit", s.cfg.HandshakesPerMinute)...)
	return later(http.StatusTooManyRequests, wait, "too many handshakes, try again later")
}

// allow applies the guards of all requests but health checks, the cheap one first.
func (s *Server) allow(r *httpRequest) *refusal {
	if no := s.allowOrigin(r); no != nil {
		return no
	}
	return s.allowUser(r)
}

func (s *Server) allowOrigin(r *httpRequest) *refusal {
	check := s.origins.CheckPlain
	if isUpgrade(r.Request) {
		check = s.origins.CheckUpgrade
	}
	err := check(r.Request, r.client)
	if err == nil {
		return nil
	}
	attrs := append(r.client.Attrs(), "origin", guard.Origin(r.Request), "host", r.client.Host, "err", err)
	if advice := hint.Of(err); advice != "" {
		attrs = append(attrs, "hint", advice)
	}
	s.log.Info("origin refused", attrs...)
	return &refusal{status: http.StatusForbidden, text: "this origin is not allowed"}
}

// allowUser asks for a user name and a password from PasswordFile, if there is one.
func (s *Server) allowUser(r *httpRequest) *refusal {
	if s.logins == nil {
		return nil
	}
	user, password, err := guard.Credentials(r.Request)
	if err == nil && !isUpgrade(r.Request) && !s.logins.Remembers(user, password) {
		if no := s.checkRate(r); no != nil { // a guess in a plain request counts like one in a handshake
			return no
		}
	}
	if err == nil {
		err = s.logins.Check(r.Context(), user, password)
	}
	if err == nil {
		r.user = user
		return nil
	}
	if r.Header["Authorization"] != nil { // browsers first try without one
		s.log.Info("login refused", append(r.client.Attrs(), "path", r.asked.Path, "err", err)...)
	}
	return loginRefusal(err)
}

// loginRefusal refuses a request whose login failed with err.
func loginRefusal(err error) *refusal {
	if !errors.As(err, new(guard.LoginError)) {
		return later(http.StatusServiceUnavailable, retryAfter, "too many logins at once, try again later")
	}
	return &refusal{
		http.StatusUnauthorized, "a user name and a password are required",
		map[string]string{"WWW-Authenticate": guard.Challenge},
	}
}

// authorize runs the program of Config.AuthCommand, which uses the request's place
// of MaxForks meanwhile, and adds the variables that it prints to the environment
// of the backend.
func (s *Server) authorize(r *httpRequest, id string, backend *exec.Command) *refusal {
	if len(s.auth.Words) == 0 {
		return nil
	}
	log := s.log.With("session", id)
	there, end := whileThere(r.Request)
	defer end()
	ctx, cancel := context.WithCancelCause(there)
	defer cancel(nil)
	defer context.AfterFunc(s.life.closing, func() { cancel(errClosing) })()
	env, status, err := s.auth.Run(ctx, log, backend.Env)
	switch {
	case errors.Is(err, errClosing):
		return shuttingDown
	case there.Err() != nil:
		return &refusal{status: http.StatusServiceUnavailable, text: "the client has left"}
	case err != nil:
		log.Error("the program of {AuthCommand} failed", "err", err)
	case status.OK():
		backend.Env = env
		return nil
	case status.Code == guard.Unauthorized:
		// No challenge is sent: the server does not know which one the program
		// accepts, and Basic would make a browser ask for a password that may not
		// exist.
		return &refusal{status: http.StatusUnauthorized, text: "unknown user or wrong credentials"}
	case status.Code == guard.Forbidden:
		return &refusal{status: http.StatusForbidden, text: "you may not connect"}
	default:
		log.Error("the program of {AuthCommand} failed", "exit", status.String())
	}
	return &refusal{status: http.StatusServiceUnavailable, text: "the server could not check who may connect"}
}
