package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"wsd/exec"
	"wsd/server/cgi"
	"wsd/server/files"
	"wsd/server/session"
	"wsd/server/websocket"
)

// ServeHTTP implements http.Handler. For an upgrade it returns once the session
// runs: the goroutine and the buffers of the HTTP server are then free, and the
// session goes on by itself until it ends or Close ends it.
func (s *Server) ServeHTTP(rw http.ResponseWriter, hr *http.Request) {
	w, r := &response{ResponseWriter: rw, cfg: &s.cfg}, s.newRequest(hr)
	switch {
	case !s.checkHeader(w, r):
	case s.serveHealth(w, r):
		return
	case isUpgrade(hr) && !s.withinRate(w, r):
	case !s.allow(w, r):
	case !s.stripBase(r):
		refuse(w, http.StatusNotFound, "there is nothing at this path")
	case isUpgrade(hr):
		s.serveWebSocket(w, r)
	default:
		s.servePlain(w, r)
	}
	if w.status != http.StatusSwitchingProtocols {
		s.logRequest(w, r)
	}
}

// isUpgrade reports whether r asks for a WebSocket (RFC 6455 4.2.1). Whether it
// asks for it correctly is checked by checkHandshake. In HTTP/1.0 there is no
// Upgrade (RFC 9110 7.8).
func isUpgrade(r *http.Request) bool {
	return r.ProtoAtLeast(1, 1) && hasToken(r.Header, "Upgrade", "websocket") && hasToken(r.Header, "Connection", "upgrade")
}

// hasToken reports whether a header that is a list holds token (RFC 9110 5.6.1).
func hasToken(h http.Header, name, token string) bool {
	for _, value := range h.Values(name) {
		for item := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(item), token) {
				return true
			}
		}
	}
	return false
}

// serveWebSocket is the beginning of a WebSocket's life, after the guards of allow:
// opening handshake, script, place, environment, AuthCommand, upgrade, process.
// The process starts last, since a script in a browser can read a close code and
// its reason, but never an HTTP status.
func (s *Server) serveWebSocket(w *response, r *httpRequest) {
	if !s.checkHandshake(w, r) {
		return
	}
	script, err := s.findScript(r)
	if err != nil {
		s.refuseScript(w, r, err)
		return
	}
	if !s.takeOnce(w, r) {
		return
	}
	if !s.admit(w, r) {
		s.giveOnce()
		return
	}
	id := s.ids.next()
	command := s.command(r, script, id)
	if !s.authorize(w, r, id, command) {
		s.dismiss(r)
		s.giveOnce()
		return
	}
	conn, err := upgrade(w, r.Request)
	if err != nil {
		s.dismiss(r)
		s.giveOnce()
		s.log.Debug("bad handshake", append(r.client.Attrs(), "err", err)...)
		return
	}
	s.startSession(id, command, conn, r)
}

// findScript returns the script that answers upgrades at the request's path.
func (s *Server) findScript(r *httpRequest) (found cgi.Script, err error) {
	switch {
	case s.cfg.ScriptDir != "":
		found, err = cgi.FindScript(s.cfg.ScriptDir, r.URL.Path)
	case len(s.cfg.Command) > 0:
		found, err = cgi.CommandScript(s.cfg.Command[0], r.URL.Path)
	default:
		err = files.ErrNotFound
	}
	found.Name = s.underBase(found.Name)
	return found, err
}

func (s *Server) refuseScript(w *response, r *httpRequest, err error) {
	if errors.Is(err, files.ErrNotFound) {
		refuse(w, http.StatusNotFound, "there is no backend at this path")
		return
	}
	s.log.Error("looking for a script", "path", r.asked.Path, "err", err)
	refuse(w, http.StatusInternalServerError, "the server could not look for the backend")
}

// command is what runs a script for a request.
func (s *Server) command(r *httpRequest, script cgi.Script, id string) *exec.Command {
	c := &exec.Command{Path: script.Path, PTY: s.cfg.PTY}
	if s.cfg.ScriptDir == "" {
		c.Args = s.cfg.Command[1:]
	}
	c.Env = cgi.Environ(s.cgiRequest(r, script, id))
	return c
}

// startSession starts the backend and the session, which from here on has the
// connection.
func (s *Server) startSession(id string, command *exec.Command, conn *websocket.Conn, r *httpRequest) {
	log := s.log.With("session", id)
	proc, err := s.life.start(command)
	if err != nil {
		log.Error("cannot start the backend", "err", err)
	} else {
		log = log.With("pid", proc.PID())
	}
	addr := r.client.Counted() // nothing else of the request stays in memory
	log.Log(context.Background(), LevelAccess, "CONNECT", s.requestAttrs(r)...)
	s.life.countSessions(1)
	session.Start(s.life.closing, &s.session, log, conn, proc, err, session.Hooks{
		Exited: s.releaseFork,
		Ended: func(end session.End) {
			if proc != nil {
				s.life.release(proc)
			}
			s.perIP.give(addr)
			logEnd(log, end)
			s.life.countSessions(-1)
			s.life.leave()
			s.passed()
		},
	})
}

// logEnd writes the last line of a session.
func logEnd(log *slog.Logger, end session.End) {
	attrs := []any{
		"code", int(end.Code),
		"duration", end.Duration,
		"messages_in", end.MessagesIn, "bytes_in", end.BytesIn,
		"messages_out", end.MessagesOut, "bytes_out", end.BytesOut,
	}
	if end.Reason != "" {
		attrs = append(attrs, "reason", end.Reason)
	}
	if end.Detail != "" {
		attrs = append(attrs, "detail", end.Detail)
	}
	if end.Exit != nil {
		attrs = append(attrs, "exit", end.Exit.String())
	}
	log.Log(context.Background(), LevelAccess, "DISCONNECT", attrs...)
}

// requestAttrs is what the log says of a request. Never its query: it may carry a
// token.
func (s *Server) requestAttrs(r *httpRequest) []any {
	attrs := append(r.client.Attrs(), "path", r.asked.Path)
	if r.user != "" {
		attrs = append(attrs, "user", r.user)
	}
	if s.log.Enabled(context.Background(), LevelDebug) {
		attrs = append(attrs, "header", headerAttr(r.Header))
	}
	return attrs
}

// refuse answers a request with a status and a sentence for a person.
func refuse(w http.ResponseWriter, status int, sentence string) {
	http.Error(w, strconv.Itoa(status)+" "+http.StatusText(status)+": "+sentence, status)
}
