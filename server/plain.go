package server

import (
	"context"
	"fmt"
	"net/http"
)

// servePlain answers a request that is no upgrade: by a CGI program, a static
// file, the console, or a sentence that tells how to connect.
func (s *Server) servePlain(w *response, r *httpRequest) {
	switch {
	case s.serveCGI(w, r):
	case s.redirectToBase(w, r):
	case s.static.Serve(w, r.Request):
	case s.console != nil:
		s.console.Serve(w, r.Request, r.client.Host)
	default:
		s.serveAdvice(w, r)
	}
}

// serveAdvice answers 426 where a WebSocket would be (RFC 9110 15.5.22), and 404
// where there is nothing at all. The page is also where a person accepts a
// self-signed certificate, which a browser never offers for a WebSocket.
func (s *Server) serveAdvice(w *response, r *httpRequest) {
	if _, err := s.findScript(r); err != nil {
		refuse(w, http.StatusNotFound, "there is nothing at this path")
		return
	}
	scheme := "ws"
	if r.client.Scheme == "https" {
		scheme = "wss"
	}
	w.Header().Set("Upgrade", "websocket")
	w.Header().Set("Connection", "Upgrade")
	refuse(w, http.StatusUpgradeRequired, fmt.Sprintf(
		"this is a WebSocket server. Connect to it with a WebSocket client,\n"+
			"from a web page for example by new WebSocket(%q). A proxy on the way\n"+
			"must pass on the headers Upgrade and Connection.",
		scheme+"://"+r.client.Host+r.asked.EscapedPath()))
}

// logRequest writes the one line of a request that has not become a WebSocket.
// Its query is left out: it may carry a token.
func (s *Server) logRequest(w *response, r *httpRequest) {
	attrs := append(s.requestAttrs(r), "method", r.Method, "status", w.status, "bytes", w.bytes)
	s.log.Log(context.Background(), LevelAccess, "HTTP", attrs...)
}
