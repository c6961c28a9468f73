package server

import (
	"context"
	"io"
	"net/http"
	"time"
)

// isHealthCheck reports whether r is a load balancer's check (Config.HealthPath).
// The whole path is compared, including any BasePath, since a balancer asks the
// server directly and not by the URL that clients use. A WebSocket at that path is
// served as anywhere else.
func (s *Server) isHealthCheck(r *httpRequest) bool {
	return s.cfg.HealthPath != "" && r.asked.Path == s.cfg.HealthPath && !isUpgrade(r.Request)
}

// serveHealth answers a health check.
func (s *Server) serveHealth(w *response, r *httpRequest) {
	status, text := http.StatusOK, "ok\n"
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		status, text = http.StatusMethodNotAllowed, "a health check is a GET or HEAD\n"
	case s.life.has(draining):
		status, text = http.StatusServiceUnavailable, "shutting down\n"
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	io.WriteString(w, text)
	s.log.Log(context.Background(), LevelTrace, "health", append(r.client.Attrs(), "status", status)...)
}

// drain makes health checks fail while everything else goes on, new WebSockets
// included, for Config.DrainTime: load balancers then send new clients elsewhere
// before anything is closed here. Kill cuts it short.
func (s *Server) drain() {
	s.life.reach(draining)
	if s.cfg.HealthPath == "" {
		return
	}
	select {
	case <-time.After(s.cfg.DrainTime):
	case <-s.life.killed.Done():
	}
}
