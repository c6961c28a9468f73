package server

import (
	"context"
	"io"
	"net/http"
	"time"
)

// serveHealth answers a load balancer that asks whether to send clients here
// (Config.HealthPath). It reports false, and has written nothing, for any other
// request. The path is a whole one, BasePath or not, since a balancer asks the
// server and not the proxy's clients' URL. A WebSocket there is one as anywhere.
func (s *Server) serveHealth(w *response, r *httpRequest) bool {
	if s.cfg.HealthPath == "" || r.asked.Path != s.cfg.HealthPath || isUpgrade(r.Request) {
		return false
	}
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
	return true
}

// drain lets health checks fail while all else goes on, new WebSockets included,
// for Config.DrainTime: load balancers then send new clients elsewhere before
// anything is closed here. Kill cuts it short.
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
