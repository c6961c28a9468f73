//go:build e2e && unix

package proxy_test

import (
	"path/filepath"
	"testing"
	"time"
	"wsd/server/servertest"
)

// The backends, each at the path of its name.
var backends = map[string]string{
	"echo":    "exec cat",
	"goodbye": "read -r line; exit 0",
	"fail":    "read -r line; exit 3",
	"environ": "env; exit 0",
}

// The prefixes of the shipped configurations that lead to a wsd each.
var prefixes = []string{"/ws/", "/app/", "/local/", "/secure/"}

// page is the text of page.txt, which the wsd behind /ws/ serves.
const page = "a page"

// upstreams are the wsd processes behind a proxy, started as the comments in its
// configuration say.
type upstreams struct {
	ws, app, secure string // host:port
	socket          string // path
	daemons         []*servertest.Process
}

// startUpstreams starts a wsd for each prefix. group is the one that the proxy's
// workers are in.
func (s *stage) startUpstreams(t *testing.T, group string, ping time.Duration) *upstreams {
	t.Helper()
	u := &upstreams{socket: filepath.Join(s.mkdir(t, "run", group), "wsd.sock")}
	scripts := s.scripts(t)
	add := func(args ...string) *servertest.Process {
		args = append(args, "--sameorigin", "--pingms="+millis(ping), "--dir="+scripts)
		daemon := servertest.Serve(t, args...)
		u.daemons = append(u.daemons, daemon)
		return daemon
	}
	const tcp = "--trustproxy=127.0.0.1"
	pages := s.mkdir(t, "pages", "")
	servertest.Write(t, filepath.Join(pages, "page.txt"), page, 0o600)
	u.ws = add(tcp, "--staticdir="+pages).Address()
	u.app = add(tcp, "--basepath=/app").Address()
	u.secure = add(tcp, "--ssl").Address()
	add("--unixsocket="+u.socket, "--unixsocket-mode=0660", "--trustproxy=unix")
	return u
}

// scripts makes a folder with the backends.
func (s *stage) scripts(t *testing.T) string {
	t.Helper()
	dir := s.mkdir(t, "backends", "")
	for name, line := range backends {
		servertest.WriteScript(t, filepath.Join(dir, name), line)
	}
	return dir
}

// pairs are the texts of the shipped files for the upstreams, and what stands
// there in the test.
func (u *upstreams) pairs() []string {
	return []string{
		"127.0.0.1:8080", u.ws,
		"127.0.0.1:8081", u.app,
		"127.0.0.1:8443", u.secure,
		"/run/wsd/wsd.sock", u.socket,
	}
}
