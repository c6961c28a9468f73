//go:build unix

package server

import "testing"

func TestBasePathScripts(t *testing.T) {
	t.Parallel()
	scripts, programs := t.TempDir(), t.TempDir()
	addProgram(t, scripts, "tool", "env")
	addProgram(t, programs, "form.cgi", "print:Content-Type: text/plain", "print:", "env")
	s := serve(t, Config{BasePath: "/ws", ScriptDir: scripts, CGIDir: programs})
	for path, info := range map[string]string{"/ws/tool": "", "/ws/tool/x": "/x", "//ws//tool/x": "/x"} {
		c := s.dial(t).Upgrade(path)
		wantVariables(t, variables(t, c), map[string]string{"SCRIPT_NAME": "/ws/tool", "PATH_INFO": info, "REQUEST_URI": path})
	}
	for _, path := range []string{"/ws", "/ws/", "/tool", "/ws/none"} {
		c := s.dial(t)
		if answer := c.Shake(path); answer.StatusCode != 404 {
			t.Errorf("a WebSocket at %s: %s", path, answer.Status)
		}
	}
	_, body := get(t, "GET", "http://"+s.addr+"/ws/form.cgi/more?q=1")
	wantVariables(t, environment(body), map[string]string{
		"SCRIPT_NAME": "/ws/form.cgi", "PATH_INFO": "/more", "REQUEST_URI": "/ws/form.cgi/more?q=1", "QUERY_STRING": "q=1",
	})
}
