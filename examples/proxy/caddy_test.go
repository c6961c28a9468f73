//go:build e2e && unix

package proxy_test

import "testing"

// startCaddy starts Caddy with the shipped file. It has no idle timeout.
func startCaddy(t *testing.T, s *stage, program string, u *upstreams, _ string) *process {
	t.Helper()
	config := s.fill(t, "Caddyfile", append(u.pairs(),
		"admin localhost:2019", "admin "+freePorts(t, 1)[0],
		"default_bind 0.0.0.0", "default_bind 127.0.0.1",
		siteName+":80 ", siteName+":"+portOf(t, s.plain)+" ",
		siteName+":443 ", siteName+":"+portOf(t, s.tls)+" ",
		"/etc/ssl/wsd/fullchain.pem", s.certificate.chain,
		"/etc/ssl/wsd/privkey.pem", s.certificate.key)...)
	env := []string{"HOME=" + s.dir, "XDG_DATA_HOME=" + s.path("data"), "XDG_CONFIG_HOME=" + s.path("config")}
	proxy := start(t, "Caddy", env, program, "run", "--adapter", "caddyfile", "--config", config)
	proxy.logged("serving initial configuration", 1)
	return proxy
}
