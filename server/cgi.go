package server

import (
	"errors"
	"net/http"
	"path/filepath"
	"time"

	"wsd/exec"
	"wsd/server/cgi"
	"wsd/server/files"
)

// stallTimeout is how long the client of a CGI program may neither send of the body
// nor take of the answer what is due: the program has one of the MaxForks places.
const stallTimeout = time.Minute

// serveCGI answers r by a CGI program (RFC 3875). It returns false, and has
// written nothing, when there is none at the request's path. The program runs
// as backends do: in a process group of its own, with nothing of the server's
// environment but Config.Env, counted by MaxForks, and ended by the ladder when
// the client leaves.
func (s *Server) serveCGI(w *response, r *httpRequest) bool {
	if s.cfg.CGIDir == "" {
		return false
	}
	script, err := cgi.FindScript(s.cfg.CGIDir, r.URL.Path)
	if errors.Is(err, files.ErrNotFound) {
		return false
	}
	script.Name = s.underBase(script.Name)
	switch {
	case err != nil:
		s.refuseScript(w, r, err)
	case r.ContentLength < 0: // RFC 3875 4.1.2: the length must be known
		refuse(w, http.StatusLengthRequired, "a CGI program needs to know the body's length")
	case !s.admit(w, r):
	default:
		defer s.dismiss(r)
		s.runCGI(w, r, script)
	}
	return true
}

func (s *Server) runCGI(w *response, r *httpRequest, script cgi.Script) {
	if r.ContentLength > 0 {
		// A program may answer before it has read all of the body. To keep the
		// connection net/http would then read the rest away, before the program.
		w.Header().Set("Connection", "close")
	}
	id := s.ids.next()
	asked := s.cgiRequest(r, script, id)
	asked.IsCGI = true
	log := s.log.With("request", id, "path", r.asked.Path)
	proc, err := s.life.start(&exec.Command{
		Path: script.Path,
		Dir:  filepath.Dir(script.Path), // RFC 3875 7.2
		Env:  cgi.Environ(asked),
	})
	if err != nil {
		log.Error("cannot start the CGI program", "err", err)
		refuse(w, http.StatusInternalServerError, "the program could not be started")
		return
	}
	defer s.life.release(proc)
	log = log.With("pid", proc.PID())
	program := cgi.Program{Process: proc, Log: log, CloseDelay: s.cfg.CloseDelay, Patience: s.stallTimeout}
	err = program.Serve(w, r.Request)
	switch {
	case err == nil:
	case w.status == 0: // nothing has been answered
		log.Error("bad answer of a CGI program", "err", err)
		refuse(w, http.StatusBadGateway, "the program gave no valid answer")
	default:
		log.Debug("the client left a CGI program", "err", err)
	}
}
