//go:build e2e && unix

package proxy_test

import (
	"net/http"
	"strings"
	"testing"
	"wsd/server/servertest"
)

// lies are what a client may send in the hope that it passes for a proxy's word.
var lies = []string{
	"X-Forwarded-For: 192.0.2.66",
	"X-Forwarded-Proto: gopher",
	"X-Forwarded-Host: evil.example:666",
	`Forwarded: for=192.0.2.67;proto=gopher;host="evil.example:667"`,
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
	for name, header := range map[string][]string{"honest": nil, "lying": lies} {
		t.Run(name, func(t *testing.T) {
			got := environ(d.dial(t, prefix+"environ/extra?a=b", header...))
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
func environ(v *servertest.Client) map[string]string {
	env := make(map[string]string)
	for _, line := range v.WantCloseFrame(1000, "") {
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
		v, status := d.try(t, prefix+"echo", "Origin: "+origin, lies[0], lies[1],
			"X-Forwarded-Host: evil.example"+port, `Forwarded: host="evil.example`+port+`"`)
		switch {
		case allowed && status != http.StatusSwitchingProtocols:
			t.Errorf("%s: refused with %d", origin, status)
		case allowed:
			v.WantEcho("hello")
			leave(v, 1000)
		case status != http.StatusForbidden:
			t.Errorf("%s: status %d, want 403", origin, status)
		}
	}
}
