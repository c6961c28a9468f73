//go:build e2e && unix

package proxy_test

import (
	"os/exec"
	"strings"
	"testing"
	"wsd/server/servertest"
)

// startNginx starts nginx with a shipped file.
func startNginx(file string) func(*testing.T, *stage, string, *upstreams, string) *servertest.Process {
	return func(t *testing.T, s *stage, program string, u *upstreams, idle string) *servertest.Process {
		t.Helper()
		return s.startNginxWith(t, program, file, append(u.pairs(),
			"proxy_read_timeout "+shippedIdle+"s", "proxy_read_timeout "+idle+"s",
			"listen 80;", "listen "+s.plain+";")...)
	}
}

// startNginxWith starts nginx with a shipped file in which pairs are replaced,
// beside what each of them has.
func (s *stage) startNginxWith(t *testing.T, program, file string, pairs ...string) *servertest.Process {
	t.Helper()
	var temporary strings.Builder
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		temporary.WriteString("\n    " + kind + "_temp_path " + s.path(kind) + ";")
	}
	config := s.fill(t, file, append(pairs,
		"pid /run/nginx.pid;", "pid "+s.path("nginx.pid")+";",
		"error_log /var/log/nginx/error.log;", "error_log stderr notice;",
		"access_log /var/log/nginx/access.log;", "access_log off;"+temporary.String(),
		"listen 443 ssl;", "listen "+s.tls+" ssl;",
		"/etc/ssl/wsd/fullchain.pem", s.cert,
		"/etc/ssl/wsd/privkey.pem", s.key)...)
	proxy := servertest.Start(t, exec.Command(program, "-p", s.dir, "-e", "stderr", "-c", config, "-g", "daemon off;"))
	proxy.Log.WaitText(t, 1, "start worker process ")
	return proxy
}
