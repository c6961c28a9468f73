//go:build e2e && unix

package proxy_test

import (
	"net/http"
	"testing"

	"github.com/coder/websocket"
)

// TestApacheSite has pages and WebSockets at the same paths, by the rewriting
// rules of apache-wstunnel.conf.
func TestApacheSite(t *testing.T) {
	program := lookTool(t, "apache2")
	s := newStage(t)
	u := s.startUpstreams(t, buildWSD(t), "www-data", longPing)
	startApache("apache-wstunnel.conf", "proxy_wstunnel", "proxy_http")(t, s, program, u, shippedIdle)
	for _, d := range s.doors() {
		t.Run(d.name, func(t *testing.T) {
			v := d.dial(t, "/site/echo")
			v.echo("hello")
			v.leave(websocket.StatusNormalClosure)
			if status, body := d.get(t, "/site/page.txt"); status != http.StatusOK || body != page {
				t.Errorf("the page is %d, %q", status, body)
			}
		})
	}
}
