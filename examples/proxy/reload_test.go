//go:build e2e && unix

package proxy_test

import (
	"errors"
	"os/exec"
	"syscall"
	"testing"
	"wsd/server/servertest"
)

// reloads tells each program to read its configuration again, and returns when
// it has done so.
var reloads = map[string]func(t *testing.T, proxy *servertest.Process, s *stage){
	"apache2": signalReload(syscall.SIGUSR1, "resuming normal operations"), // apachectl graceful
	"nginx":   signalReload(syscall.SIGHUP, "start worker processes"),      // nginx -s reload
	"haproxy": signalReload(syscall.SIGUSR2, "Loading success"),            // systemctl reload haproxy
	"caddy": func(t *testing.T, proxy *servertest.Process, s *stage) {
		command := exec.Command(proxy.Cmd.Path, "reload", "--force", "--adapter", "caddyfile", "--config", s.path("Caddyfile"))
		command.Env = proxy.Cmd.Env
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("caddy reload: %v\n%s", err, out)
		}
	},
}

// signalReload is by a signal; the pattern is logged then for the second time.
func signalReload(signal syscall.Signal, pattern string) func(*testing.T, *servertest.Process, *stage) {
	return func(t *testing.T, proxy *servertest.Process, _ *stage) {
		proxy.Signal(signal)
		proxy.Log.WaitText(t, 2, pattern)
	}
}

// testReload reloads the proxy while sessions are open: they live on, but with
// Caddy, which closes them.
func testReload(t *testing.T, k kind, s *stage, proxy *servertest.Process) {
	var visitors []*servertest.Client
	for _, d := range s.doors() {
		v := d.dial(t, "/ws/echo")
		v.WantEcho("hello")
		visitors = append(visitors, v)
	}
	reloads[k.program](t, proxy, s)
	for i, d := range s.doors() {
		if k.program == "caddy" {
			// It sends a close frame to wsd, too, but does not mask it: wsd's answer
			// may be faster than the frame for the visitor.
			_, err := visitors[i].ReadAll()
			var closed servertest.CloseError
			if !errors.As(err, &closed) || closed.Code != 1001 && closed.Code != 1002 {
				t.Errorf("%s: the session ended with %v, want 1001 or 1002", d.name, err)
			}
		} else {
			visitors[i].WantEcho("still there")
			leave(visitors[i], 1000)
		}
		d.dial(t, "/ws/echo").WantEcho("hello again")
	}
}

// testStrays asks for paths that are none of the prefixes.
func testStrays(t *testing.T, k kind, s *stage) {
	for _, d := range s.doors() {
		if _, status := d.try(t, "/nowhere/echo"); status != k.nowhere {
			t.Errorf("%s: an upgrade at another path gets %d, want %d", d.name, status, k.nowhere)
		}
		if _, status := d.try(t, "/ws"); status != k.noSlash {
			t.Errorf("%s: an upgrade at /ws gets %d, want %d", d.name, status, k.noSlash)
		}
		for _, path := range []string{"//ws/echo", "/ws//echo"} {
			if path == "//ws/echo" && k.program == "haproxy" {
				continue // for HAProxy that is another path
			}
			d.dial(t, path).WantEcho(path)
		}
	}
}
