//go:build e2e && unix

package proxy_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"wsd/server/servertest"
)

// connectPage is a page as many are written, but for its last line, which tells the
// test what has come of it.
const connectPage = `<!doctype html><title>connect</title><script>
const url = new URL('environ', location.href).href.replace('http', 'ws');
const socket = new WebSocket(url, 'connect');
const lines = [];
socket.onmessage = (event) => lines.push(event.data);
socket.onclose = (event) => { location.href = '%s?' + new URLSearchParams({code: event.code, protocol: socket.protocol, lines: lines.join('\n')}); };
</script>`

// TestPageWithSubprotocol opens such a page in a browser, without a proxy and behind
// those that pass on pages and WebSockets alike.
func TestPageWithSubprotocol(t *testing.T) {
	chromium := servertest.Tool(t, "chromium")
	t.Run("direct", func(t *testing.T) {
		s := newStage(t)
		u := s.startUpstreams(t, "", longPing)
		s.wantConnected(t, chromium, "http://"+u.ws+"/")
	})
	for _, k := range []struct {
		name, program, group, prefix string
		start                        func(*testing.T, *stage, string, *upstreams, string) *servertest.Process
	}{
		{"haproxy", "haproxy", "haproxy", "/ws/", startHAProxy("haproxy.cfg")},
		{"apache", "apache2", "www-data", "/ws/", startApache("apache.conf")},
		{"apache-wstunnel", "apache2", "www-data", "/site/", startApache("apache-wstunnel.conf")},
	} {
		t.Run(k.name, func(t *testing.T) {
			program := servertest.Tool(t, k.program)
			s := newStage(t)
			u := s.startUpstreams(t, k.group, longPing)
			k.start(t, s, program, u, shippedIdle)
			for _, d := range s.doors() {
				t.Run(d.name, func(t *testing.T) { s.wantConnected(t, chromium, d.origin(t)+k.prefix) })
			}
		})
	}
}

// wantConnected opens the page below base, whose WebSocket must have the subprotocol
// that it offers, and be told the same by the backend.
func (s *stage) wantConnected(t *testing.T, chromium, base string) {
	t.Helper()
	told := make(chan url.Values, 1)
	report := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/told" {
			told <- r.URL.Query()
		}
	}))
	t.Cleanup(report.Close)
	servertest.Write(t, s.path("pages/connect.html"), fmt.Sprintf(connectPage, report.URL+"/told"), 0o644)
	flags := []string{
		"--headless=new", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
		"--ignore-certificate-errors", "--host-resolver-rules=MAP " + siteName + " 127.0.0.1", "--user-data-dir=" + servertest.Dir(t),
	}
	if os.Geteuid() == 0 {
		flags = append(flags, "--no-sandbox") // it has none for root
	}
	browser := servertest.Start(t, exec.Command(chromium, append(flags, base+"connect.html")...))
	defer browser.Stop()
	select {
	case got := <-told:
		if got.Get("code") != "1000" || got.Get("protocol") != "connect" ||
			!strings.Contains("\n"+got.Get("lines")+"\n", "\nHTTP_SEC_WEBSOCKET_PROTOCOL=connect\n") {
			t.Errorf("the page at %s has seen %v", base, got)
		}
	case <-time.After(servertest.Patience):
		t.Errorf("the page at %s does not end:\n%s", base, browser.Log)
	}
}
