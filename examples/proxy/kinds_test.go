//go:build e2e && unix

package proxy_test

import (
	"net/http"
	"testing"
	"wsd/server/servertest"
)

// A kind is a proxy with one of the configurations for it.
type kind struct {
	name    string
	program string
	group   string // of its workers, with Debian's packages
	// start starts the proxy on the stage, before the upstreams, and returns when
	// it listens. idle is the number of seconds after which it cuts a silent
	// session; the shipped files have shippedIdle.
	start func(t *testing.T, s *stage, program string, u *upstreams, idle string) *servertest.Process
	// cuts tells whether it cuts silent sessions at all.
	cuts bool
	// advice is what a plain request gets: wsd's own answer, unless the proxy can
	// pass on nothing but upgrades.
	advice int
	// nowhere is the status of an upgrade at a path that is configured nowhere, and
	// noSlash that at a prefix without its last slash.
	nowhere, noSlash int
	// gone is the status of an upgrade when there is no wsd.
	gone int
}

const shippedIdle = "60"

// kinds has a row for each shipped configuration of a single wsd.
func kinds() []kind {
	const (
		ok        = http.StatusOK
		moved     = http.StatusMovedPermanently
		notFound  = http.StatusNotFound
		upgrade   = http.StatusUpgradeRequired
		gateway   = http.StatusBadGateway
		noService = http.StatusServiceUnavailable
	)
	wstunnel := startApache("apache-wstunnel.conf", "proxy_http")
	wstunnelHTTP := startApache("apache-wstunnel.conf")
	return []kind{
		{"apache", "apache2", "www-data", startApache("apache.conf"), true, upgrade, notFound, notFound, noService},
		{"apache-wstunnel", "apache2", "www-data", wstunnel, false, notFound, notFound, notFound, noService},
		{"apache-wstunnel-http", "apache2", "www-data", wstunnelHTTP, true, upgrade, notFound, notFound, noService},
		{"nginx", "nginx", "www-data", startNginx("nginx.conf"), true, upgrade, notFound, moved, gateway},
		{"haproxy", "haproxy", "haproxy", startHAProxy("haproxy.cfg"), true, upgrade, noService, noService, noService},
		{"caddy", "caddy", "", startCaddy, false, upgrade, ok, ok, gateway},
	}
}
