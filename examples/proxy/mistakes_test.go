//go:build e2e && unix

package proxy_test

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"wsd/server/servertest"
)

// A mistake is a shipped file with something wrong in it.
type mistake struct {
	name   string
	kind   string            // the name of its row in kinds
	breaks map[string]string // texts of the shipped file, and what stands there instead
	file   string
	prefix string
	status int    // that an upgrade gets
	logged string // by the proxy, if not empty
}

// mistakes are those that README.md tells how to see. They show as well that the
// lines they break are needed. With --staticdir a request that is no longer an
// upgrade asks for a file, so that it gets 404 and not 426.
var mistakes = []mistake{
	{"apache no upgrade", "apache", map[string]string{" upgrade=websocket": ""}, "apache.conf", "/ws/", http.StatusNotFound, ""},
	{"apache no TLS", "apache", map[string]string{"SSLProxyEngine On": ""}, "apache.conf", "/secure/", http.StatusInternalServerError, "SSLProxyEngine"},
	{"apache certificate", "apache", compared, "apache.conf", "/secure/", http.StatusInternalServerError, "AH00898"},
	{"apache-wstunnel certificate", "apache-wstunnel", compared, "apache-wstunnel.conf", "/secure/", http.StatusInternalServerError, "AH00898"},
	{"nginx no upgrade", "nginx", map[string]string{"proxy_set_header Upgrade $http_upgrade;": ""}, "nginx.conf", "/ws/", http.StatusNotFound, ""},
	{"nginx old protocol", "nginx", map[string]string{"proxy_http_version 1.1;": ""}, "nginx.conf", "/ws/", http.StatusNotFound, ""},
	{"nginx host", "nginx", map[string]string{"Host $http_host": "Host $host"}, "nginx.conf", "/ws/", http.StatusForbidden, ""},
}

// compared takes both lines away: each of them alone is enough.
var compared = map[string]string{"SSLProxyCheckPeerName off": "", "SSLProxyCheckPeerCN off": ""}

// TestMistakes starts proxies with mistakes in their configurations.
func TestMistakes(t *testing.T) {
	for _, m := range mistakes {
		t.Run(m.name, func(t *testing.T) { testMistake(t, m) })
	}
}

func testMistake(t *testing.T, m mistake) {
	t.Chdir(copyWith(t, m))
	for _, k := range kinds() {
		if k.name != m.kind {
			continue
		}
		s := newStage(t)
		proxy := k.start(t, s, servertest.Tool(t, k.program), s.startUpstreams(t, k.group, longPing), shippedIdle)
		for _, d := range s.doors() {
			if _, status := d.try(t, m.prefix+"echo", "Origin: "+d.origin(t)); status != m.status {
				t.Errorf("%s: status %d, want %d", d.name, status, m.status)
			}
		}
		if m.logged != "" {
			proxy.Log.WaitText(t, 1, m.logged)
		}
	}
}

// copyWith copies the shipped files to a folder, with the mistake made.
func copyWith(t *testing.T, m mistake) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(".")); err != nil {
		t.Fatal(err)
	}
	broken := servertest.Read(t, m.file)
	for old, replacement := range m.breaks {
		if !strings.Contains(broken, old) {
			t.Fatalf("%s does not contain %q", m.file, old)
		}
		broken = strings.ReplaceAll(broken, old, replacement)
	}
	servertest.Write(t, dir+"/"+m.file, broken, 0o600)
	return dir
}
