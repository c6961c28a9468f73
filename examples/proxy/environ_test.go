//go:build e2e && unix

package proxy_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// lies are what a client may send in the hope that it passes for a proxy's word.
var lies = http.Header{
	"X-Forwarded-For":   {"192.0.2.66"},
	"X-Forwarded-Proto": {"gopher"},
	"X-Forwarded-Host":  {"evil.example:666"},
	"Forwarded":         {`for=192.0.2.67;proto=gopher;host="evil.example:667"`},
}

// testEnviron asks a backend what it was told of the client, with and without
// lies.
func testEnviron(t *testing.T, d door, prefix string) {
	want := map[string]string{
		"REMOTE_ADDR": visitorAddress,
		"REMOTE_HOST": visitorAddress,
		"SERVER_NAME": siteName,
		"SERVER_PORT": portOf(t, d.address),
		"HTTP_HOST":   siteName + ":" + portOf(t, d.address),
		"SCRIPT_NAME": "/environ",
		"PATH_INFO":   "/extra",
		"HTTPS":       map[string]string{"http": "", "https": "on"}[d.scheme],
	}
	if prefix == "/app/" {
		want["SCRIPT_NAME"] = "/app/environ"
	}
	for name, header := range map[string]http.Header{"honest": nil, "lying": lies} {
		t.Run(name, func(t *testing.T) {
			v, _, err := d.try(t, prefix+"environ/extra?a=b", header)
			if err != nil {
				t.Fatal(err)
			}
			got := v.environ()
			for key, value := range want {
				if got[key] != value {
					t.Errorf("%s is %q, want %q", key, got[key], value)
				}
			}
			if t.Failed() {
				t.Logf("the environment: %v", got)
			}
		})
	}
}

// environ reads the variables that the backend environ sends.
func (v *visitor) environ() map[string]string {
	v.t.Helper()
	lines, err := v.ended()
	if websocket.CloseStatus(err) != websocket.StatusNormalClosure {
		v.t.Error(err)
	}
	env := make(map[string]string)
	for _, line := range lines {
		name, value, _ := strings.Cut(line, "=")
		env[name] = value
	}
	return env
}

// testOrigin tries pages of this site and of others: wsd runs with --sameorigin.
func testOrigin(t *testing.T, d door, prefix string) {
	port := ":" + portOf(t, d.address)
	for origin, allowed := range map[string]bool{
		d.origin(t):                      true,
		d.scheme + "://" + siteName:      false, // another port
		"https://evil.example" + port:    false,
		d.scheme + "://localhost" + port: false,
		d.scheme + "://" + d.address:     false,
		"null":                           false,
	} {
		header := lies.Clone()
		header.Set("Origin", origin)
		header.Set("X-Forwarded-Host", "evil.example"+port)
		header.Set("Forwarded", `host="evil.example`+port+`"`)
		v, status, err := d.try(t, prefix+"echo", header)
		switch {
		case allowed && err != nil:
			t.Errorf("%s: refused with %d: %v", origin, status, err)
		case allowed:
			v.echo("hello")
			v.leave(websocket.StatusNormalClosure)
		case status != http.StatusForbidden:
			t.Errorf("%s: status %d, want 403", origin, status)
		}
	}
}
