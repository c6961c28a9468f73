//go:build e2e && unix

package proxy_test

import (
	"net/http"
	"testing"
	"wsd/server/servertest"
)

// TestApacheSite has pages and WebSockets at the same paths, by the rewriting
// rules of apache-wstunnel.conf.
func TestApacheSite(t *testing.T) {
	program := servertest.Tool(t, "apache2")
	s := newStage(t)
	u := s.startUpstreams(t, "www-data", longPing)
	startApache("apache-wstunnel.conf")(t, s, program, u, shippedIdle)
	for _, d := range s.doors() {
		t.Run(d.name, func(t *testing.T) {
			v := d.dial(t, "/site/echo")
			v.WantEcho("hello")
			leave(v, 1000)
			if status, body := d.get(t, "/site/page.txt"); status != http.StatusOK || body != page {
				t.Errorf("the page is %d, %q", status, body)
			}
		})
	}
}
