//go:build e2e && unix

package proxy_test

import (
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/coder/websocket"
)

// reloads tells each program to read its configuration again, and returns when
// it has done so.
var reloads = map[string]func(t *testing.T, proxy *process, s *stage){
	"apache2": signalReload(syscall.SIGUSR1, "resuming normal operations"), // apachectl graceful
	"nginx":   signalReload(syscall.SIGHUP, "start worker processes"),      // nginx -s reload
	"haproxy": signalReload(syscall.SIGUSR2, "Loading success"),            // systemctl reload haproxy
	"caddy": func(t *testing.T, proxy *process, s *stage) {
		command := exec.Command(proxy.cmd.Path, "reload", "--force", "--adapter", "caddyfile", "--config", s.path("Caddyfile"))
		command.Env = proxy.cmd.Env
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("caddy reload: %v\n%s", err, out)
		}
	},
}

// signalReload is by a signal; the pattern is logged then for the second time.
func signalReload(signal syscall.Signal, pattern string) func(*testing.T, *process, *stage) {
	return func(t *testing.T, proxy *process, _ *stage) {
		if err := proxy.cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		proxy.logged(pattern, 2)
	}
}

// testReload reloads the proxy while sessions are open: they live on, but with
// Caddy, which closes them with a 1001 of its own.
func testReload(t *testing.T, k kind, s *stage, proxy *process) {
	var visitors []*visitor
	for _, d := range s.doors() {
		v := d.dial(t, "/ws/echo")
		v.echo("hello")
		visitors = append(visitors, v)
	}
	reloads[k.program](t, proxy, s)
	for i, d := range s.doors() {
		if k.program == "caddy" {
			visitors[i].endsWith(websocket.StatusGoingAway, "")
		} else {
			visitors[i].echo("still there")
			visitors[i].leave(websocket.StatusNormalClosure)
		}
		d.dial(t, "/ws/echo").echo("hello again")
	}
}

// testStrays asks for paths that are none of the prefixes.
func testStrays(t *testing.T, k kind, s *stage) {
	for _, d := range s.doors() {
		if _, status, err := d.try(t, "/nowhere/echo", nil); status != k.nowhere {
			t.Errorf("%s: an upgrade at another path gets %d (%v), want %d", d.name, status, err, k.nowhere)
		}
		if _, status, err := d.try(t, "/ws", nil); status != k.noSlash {
			t.Errorf("%s: an upgrade at /ws gets %d (%v), want %d", d.name, status, err, k.noSlash)
		}
		for _, path := range []string{"//ws/echo", "/ws//echo"} {
			if path == "//ws/echo" && k.program == "haproxy" {
				continue // for HAProxy that is another path
			}
			v, status, err := d.try(t, path, nil)
			if err != nil {
				t.Errorf("%s: an upgrade at %s gets %d: %v", d.name, path, status, err)
				continue
			}
			v.echo(strings.ToUpper(path))
		}
	}
}
