package server

import (
	"context"
	"log/slog"
	"net/http"

	"wsd/exec"
	"wsd/server/cgi"
	"wsd/server/session"
	"wsd/server/websocket"
)

// ServeHTTP implements http.Handler. For an upgrade it returns once the session
// runs: the goroutine and the buffers of the HTTP server are then free, and the
// session goes on by itself until it ends or Close ends it.
func (s *Server) ServeHTTP(rw http.ResponseWriter, hr *http.Request) {
	w, r := s.newResponse(rw, hr), s.newRequest(hr)
	defer w.end()
	no := s.checkFieldCount(r)
	if no == nil && s.isHealthCheck(r) {
		s.serveHealth(w, r)
		return
	}
	if no == nil {
		no = s.serve(w, r)
	}
	if no != nil {
		no.answer(w)
	}
	if w.status != http.StatusSwitchingProtocols {
		s.logRequest(w, r)
	}
}

// serve takes a request past the guards and serves it, or returns the refusal.
func (s *Server) serve(w *response, r *httpRequest) *refusal {
	upgrade := isUpgrade(r.Request)
	if !upgrade && !r.ProtoAtLeast(1, 1) && hasToken(r.Header, "Upgrade", "websocket") {
		s.log.Warn("a WebSocket can't begin by HTTP/1.0", append(r.client.Attrs(), "path", r.asked.Path,
			"hint", "the proxy must use HTTP/1.1; for nginx: proxy_http_version 1.1;")...)
	}
	if upgrade {
		if no := s.checkRate(r); no != nil { // first, so that password guessing is slowed down, too
			return no
		}
	}
	if no := s.allow(r); no != nil {
		return no
	}
	if !s.stripBase(r) {
		return nothingHere
	}
	if upgrade {
		return s.serveWebSocket(w, r)
	}
	return s.servePlain(w, r)
}

// serveWebSocket is the beginning of a WebSocket's life, after the guards of allow:
// opening handshake, script, place, environment, AuthCommand, upgrade, process.
// The process starts last, since a script in a browser can read a close code and
// its reason, but never an HTTP status.
func (s *Server) serveWebSocket(w *response, r *httpRequest) *refusal {
	if no := s.checkHandshake(r); no != nil {
		return no
	}
	r.subprotocol = s.chooseSubprotocol(r.Header)
	script, no := s.findScript(r)
	if no != nil {
		return no
	}
	p, no := s.admitWebSocket(r)
	if no != nil {
		return no
	}
	defer p.release()
	id := s.ids.next()
	command := s.command(r, script, id)
	if no := s.authorize(r, id, command); no != nil {
		return no
	}
	conn, err := upgrade(w, r)
	if err != nil {
		s.log.Debug("bad handshake", append(r.client.Attrs(), "err", err)...)
		return badHandshake(w)
	}
	s.startSession(id, command, conn, r, p.handOver())
	return nil
}

// command returns the command that runs script for r.
func (s *Server) command(r *httpRequest, script cgi.Script, id string) *exec.Command {
	c := &exec.Command{Path: script.Path, PTY: s.cfg.PTY}
	if s.cfg.ScriptDir == "" {
		c.Args = s.cfg.Command[1:]
	}
	c.Env = cgi.Environ(s.cgiRequest(r, script, id))
	return c
}

// startSession starts the backend and the session, which owns the connection and
// the place from here on. Nothing of the request stays in memory.
func (s *Server) startSession(id string, command *exec.Command, conn *websocket.Conn, r *httpRequest, p *place) {
	log := s.log.With("session", id)
	proc, err := s.life.start(command)
	if err != nil {
		log.Error("cannot start the backend", "err", err)
	} else {
		log = log.With("pid", proc.PID())
	}
	log.Log(context.Background(), LevelAccess, "CONNECT", s.requestAttrs(r)...)
	s.life.countSessions(1)
	session.Start(s.life.closing, &s.session, log, conn, proc, err, session.Hooks{
		Leaving: func() bool { return s.life.has(draining) },
		Exited:  p.releaseFork,
		Late:    s.lateHook(command, log),
		Ended: func(end session.End) {
			if proc != nil {
				s.life.release(proc)
			}
			p.releaseLimits() // before the log tells anyone that the session has ended
			logEnd(log, end)
			s.life.countSessions(-1)
			p.release()
			if s.cfg.Once {
				close(s.over) // only once: there is no second session
			}
		},
	})
}

// lateHook returns what a session calls when its backend has held its output back
// until its end: the most common mistake in a backend, of which the client sees only
// that nothing comes. Each program is logged once. With a terminal there is nothing to
// advise, so the hook is nil.
func (s *Server) lateHook(command *exec.Command, log *slog.Logger) func() {
	if command.PTY {
		return nil
	}
	return func() {
		if _, told := s.late.LoadOrStore(command.Path, nil); !told {
			log.Warn("its output came only at its end: flush after each line, or start wsd with {PTY}", "program", command.Path)
		}
	}
}

// servePlain answers a request that is not an upgrade: with a CGI program, a static
// file, the console, or a sentence that says how to connect.
func (s *Server) servePlain(w *response, r *httpRequest) *refusal {
	if script, no := s.findCGI(r); no != nil {
		return no
	} else if script != nil {
		return s.serveCGI(w, r, *script)
	}
	switch {
	case s.redirectToBase(w, r):
	case s.static.Serve(w, r.Request):
	case s.console != nil:
		s.console.Serve(w, r.Request, r.client.Host, s.backends(r))
	default:
		return s.advice(r)
	}
	return nil
}
