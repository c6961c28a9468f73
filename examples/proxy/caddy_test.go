//go:build e2e && unix

package proxy_test

import (
	"os"
	"os/exec"
	"testing"
	"wsd/server/servertest"
)

// startCaddy starts Caddy with the shipped file. It has no idle timeout.
func startCaddy(t *testing.T, s *stage, program string, u *upstreams, _ string) *servertest.Process {
	t.Helper()
	config := s.fill(t, "Caddyfile", append(u.pairs(),
		"admin localhost:2019", "admin "+freePorts(t, 1)[0],
		"default_bind 0.0.0.0", "default_bind 127.0.0.1",
		siteName+":80 ", siteName+":"+portOf(t, s.plain)+" ",
		siteName+":443 ", siteName+":"+portOf(t, s.tls)+" ",
		"/etc/ssl/wsd/fullchain.pem", s.cert,
		"/etc/ssl/wsd/privkey.pem", s.key)...)
	cmd := exec.Command(program, "run", "--adapter", "caddyfile", "--config", config)
	cmd.Env = append(os.Environ(), "HOME="+s.dir, "XDG_DATA_HOME="+s.path("data"), "XDG_CONFIG_HOME="+s.path("config"))
	proxy := servertest.Start(t, cmd)
	proxy.Log.WaitText(t, 1, "serving initial configuration")
	return proxy
}
