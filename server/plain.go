package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"

	"wsd/exec"
	"wsd/server/cgi"
	"wsd/server/files"
)

// findScript returns the script that answers upgrades at the request's path.
func (s *Server) findScript(r *httpRequest) (cgi.Script, *refusal) {
	found, err := cgi.Script{}, files.ErrNotFound
	switch {
	case s.cfg.ScriptDir != "":
		found, err = lookFor(r, s.cfg.ScriptDir)
	case len(s.cfg.Command) > 0:
		found, err = cgi.CommandScript(s.cfg.Command[0], r.URL.Path)
	}
	if errors.Is(err, files.ErrNotFound) {
		return found, &refusal{status: http.StatusNotFound, text: "there is no backend at this path"}
	}
	found.Name = s.underBase(found.Name)
	return found, s.cannotLook(r, err)
}

// backends returns the URL paths of the scripts, for the console to offer. They tell
// nothing that those whom the guards let in could not find out by connecting. With
// AuthCommand, which decides about each WebSocket and not about the page, there are
// none.
func (s *Server) backends(r *httpRequest) (paths []string) {
	if s.cfg.ScriptDir == "" || len(s.cfg.AuthCommand) > 0 {
		return nil
	}
	if files.Pass(r.Context(), func() { paths = cgi.Scripts(s.cfg.ScriptDir) }) != nil {
		return nil // the client has left
	}
	for i, name := range paths {
		paths[i] = (&url.URL{Path: s.underBase(name)}).EscapedPath()
	}
	return paths
}

// findCGI returns the CGI program at the request's path, or nil when there is none.
func (s *Server) findCGI(r *httpRequest) (*cgi.Script, *refusal) {
	if s.cfg.CGIDir == "" {
		return nil, nil
	}
	found, err := lookFor(r, s.cfg.CGIDir)
	if errors.Is(err, files.ErrNotFound) {
		return nil, nil
	}
	found.Name = s.underBase(found.Name)
	return &found, s.cannotLook(r, err)
}

// lookFor returns the script below dir for a request. It waits for its turn to look,
// or until the client leaves.
func lookFor(r *httpRequest, dir string) (found cgi.Script, err error) {
	if left := files.Pass(r.Context(), func() { found, err = cgi.FindScript(dir, r.URL.Path) }); left != nil {
		return found, left
	}
	return found, err
}

// cannotLook refuses a request if err says that a folder of scripts could not be
// searched.
func (s *Server) cannotLook(r *httpRequest, err error) *refusal {
	if err == nil {
		return nil
	}
	if r.Context().Err() == nil { // else the client has left, and nobody has looked
		s.log.Error("looking for a script", "path", r.asked.Path, "err", err)
	}
	return &refusal{status: http.StatusInternalServerError, text: "the server could not look for the backend"}
}

// serveCGI answers r with a CGI program (RFC 3875). The program runs as backends
// do: in a process group of its own, with nothing of the server's environment but
// Config.Env, counted by MaxForks, and ended by the ladder when the client leaves.
func (s *Server) serveCGI(w *response, r *httpRequest, script cgi.Script) *refusal {
	if r.ContentLength < 0 { // RFC 3875 4.1.2: the length must be known
		return &refusal{status: http.StatusLengthRequired, text: "a CGI program needs to know the body's length"}
	}
	p, no := s.admit(r)
	if no != nil {
		return no
	}
	defer p.release()
	s.conns.exempt(r.Request) // it has a place of MaxForks
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
		return &refusal{status: http.StatusInternalServerError, text: "the program could not be started"}
	}
	defer s.life.release(proc)
	log = log.With("pid", proc.PID())
	program := cgi.Program{Process: proc, Log: log, CloseDelay: s.cfg.CloseDelay, Patience: s.stallTimeout}
	program.AwaitLeft = func(ctx context.Context) error { return awaitLeft(ctx, r.Request) }
	err = program.Serve(w, r.Request)
	if err != nil && w.status == 0 { // nothing has been answered
		log.Error("bad answer of a CGI program", "err", err)
		return &refusal{status: http.StatusBadGateway, text: "the program gave no valid answer"}
	}
	if err != nil {
		log.Debug("the client left a CGI program", "err", err)
	}
	return nil
}

// advice refuses with 426 where nothing but a WebSocket is served (RFC 9110
// 15.5.22), and with 404 where a file could have been, and elsewhere. The page is also where a person can accept a self-signed
// certificate, which a browser never offers for a WebSocket.
func (s *Server) advice(r *httpRequest) *refusal {
	if _, no := s.findScript(r); no != nil {
		if no.status == http.StatusNotFound {
			return nothingHere
		}
		return no
	}
	scheme := "ws"
	if r.client.Scheme == "https" {
		scheme = "wss"
	}
	text := fmt.Sprintf("this is a WebSocket server. Connect to it with a WebSocket client,\n"+
		"from a web page for example with new WebSocket(%q). A proxy on the way\n"+
		"must pass on the headers Upgrade and Connection.",
		scheme+"://"+r.client.Host+r.asked.EscapedPath())
	if s.cfg.StaticDir != "" || s.cfg.CGIDir != "" {
		return &refusal{status: http.StatusNotFound, text: "there is no file at this path, but " + text}
	}
	return &refusal{http.StatusUpgradeRequired, text, map[string]string{"Upgrade": "websocket", "Connection": "Upgrade"}}
}
