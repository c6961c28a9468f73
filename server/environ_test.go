package server

import (
	"bufio"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"strings"
	"testing"

	"wsd/server/cgi"
	"wsd/server/proxy"
)

// readRequest is the request of the given lines, as net/http's server sees it.
func readRequest(t testing.TB, lines ...string) *http.Request {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(strings.Join(lines, "\r\n") + "\r\n\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	r.RemoteAddr = "192.0.2.7:40000"
	return r
}

// withLocalAddr is r as it came in on the address addr.
func withLocalAddr(r *http.Request, addr net.Addr) *http.Request {
	return r.WithContext(context.WithValue(context.Background(), http.LocalAddrContextKey, addr))
}

// direct is r from a client that no proxy speaks for.
func direct(r *http.Request) *httpRequest {
	return &httpRequest{Request: r, asked: r.URL, client: proxy.Direct(r)}
}

// variable is the value of a variable in env, which must be there once at most.
func variable(t *testing.T, env []string, name string) (string, bool) {
	t.Helper()
	var values []string
	for _, kv := range env {
		if value, ok := strings.CutPrefix(kv, name+"="); ok {
			values = append(values, value)
		}
	}
	switch len(values) {
	case 0:
		return "", false
	case 1:
		return values[0], true
	}
	t.Fatalf("%s is in the environment %d times", name, len(values))
	return "", false
}

// environ is the environment of a backend for r.
func environ(r *httpRequest, env ...string) []string {
	s := &Server{cfg: Config{Env: env}}
	return cgi.Environ(s.cgiRequest(r, cgi.Script{Name: "/", PathInfo: "/"}, "1"))
}

func TestEnvironVariables(t *testing.T) {
	t.Parallel()
	tcp4 := &net.TCPAddr{IP: net.IPv4(198, 51, 100, 1), Port: 8080}
	tcp6 := &net.TCPAddr{IP: net.ParseIP("fe80::1"), Port: 8080, Zone: "eth0"}
	tests := []struct {
		name   string
		host   string
		local  net.Addr
		remote string
		tls    bool
		want   map[string]string
	}{
		{name: "port of http", host: "a.example", local: tcp4, want: map[string]string{"SERVER_NAME": "a.example", "SERVER_PORT": "80", "HTTP_HOST": "a.example"}},
		{name: "port of https", host: "a.example", tls: true, want: map[string]string{"SERVER_PORT": "443", "HTTPS": "on"}},
		{name: "explicit port", host: "a.example:8443", tls: true, want: map[string]string{"SERVER_PORT": "8443"}},
		{name: "IPv6", host: "[::1]:9", want: map[string]string{"SERVER_NAME": "[::1]", "SERVER_PORT": "9"}},
		{name: "no Host", local: tcp4, want: map[string]string{"SERVER_NAME": "198.51.100.1", "SERVER_PORT": "8080"}},
		{name: "no Host, IPv6", local: tcp6, want: map[string]string{"SERVER_NAME": "[fe80::1]", "SERVER_PORT": "8080"}},
		{name: "nothing known", want: map[string]string{"SERVER_NAME": "localhost", "SERVER_PORT": "80"}},
		{name: "Host that climbs", host: "..", local: tcp4, want: map[string]string{"SERVER_NAME": "198.51.100.1", "HTTP_HOST": ".."}},
		{name: "Host that looks like an option", host: "-rf", local: tcp4, want: map[string]string{"SERVER_NAME": "198.51.100.1"}},
		{name: "Host with a command", host: "$(id)", local: tcp4, want: map[string]string{"SERVER_NAME": "198.51.100.1", "SERVER_PORT": "8080"}},
		{name: "Host with a bad port", host: "a.example:80;id", local: tcp4, want: map[string]string{"SERVER_NAME": "198.51.100.1", "SERVER_PORT": "8080"}},
		{name: "client", remote: "192.0.2.1:5", want: map[string]string{"REMOTE_ADDR": "192.0.2.1", "REMOTE_HOST": "192.0.2.1", "REMOTE_PORT": "5"}},
		{name: "client, IPv6", remote: "[2001:db8::1]:5", want: map[string]string{"REMOTE_ADDR": "2001:db8::1", "REMOTE_PORT": "5"}},
		{name: "client, IPv4 in IPv6", remote: "[::ffff:192.0.2.1]:5", want: map[string]string{"REMOTE_ADDR": "192.0.2.1"}},
		{name: "client on a Unix socket", remote: "@", want: map[string]string{"REMOTE_ADDR": "", "REMOTE_HOST": "", "REMOTE_PORT": ""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := readRequest(t, "GET / HTTP/1.1", "Host: a.example")
			r.Host, r.RemoteAddr = tt.host, tt.remote
			if tt.local != nil {
				r = withLocalAddr(r, tt.local)
			}
			if tt.tls {
				r.TLS = &tls.ConnectionState{}
			}
			env := environ(direct(r))
			for name, want := range tt.want {
				if got, ok := variable(t, env, name); !ok || got != want {
					t.Errorf("%s = %q (set: %v), want %q", name, got, ok, want)
				}
			}
			if _, ok := variable(t, env, "HTTPS"); ok != tt.tls {
				t.Errorf("HTTPS is set: %v, want %v", ok, tt.tls)
			}
			if _, ok := variable(t, env, "HTTP_HOST"); ok != (tt.host != "") {
				t.Errorf("HTTP_HOST is set: %v for Host %q", ok, tt.host)
			}
		})
	}
}

// FuzzServerAddress checks that whatever a client sends as Host, a program can use
// SERVER_NAME and SERVER_PORT unseen.
func FuzzServerAddress(f *testing.F) {
	for _, host := range []string{"example.com:8080", "[::1]", "$(id)", "-x", "..", "a:b", "A.example.:1"} {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		r := readRequest(t, "GET / HTTP/1.1", "Host: a.example")
		r.Host = host
		name, port := serverAddress(direct(r))
		if name == "" || strings.ContainsAny(name, " $`;|&<>()/\\'\"\r\n\x00") || strings.HasPrefix(name, "-") || strings.Contains(name, "..") {
			t.Errorf("Host %q makes SERVER_NAME=%s", host, name)
		}
		if port == "" || strings.Trim(port, "0123456789") != "" {
			t.Errorf("Host %q makes SERVER_PORT=%s", host, port)
		}
	})
}
