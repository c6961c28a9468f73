package server

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"wsd/server/servertest"
)

// trustLoopback lets a test's client say where it is by X-Forwarded-For.
var trustLoopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}

// behindProxy is a configuration that believes clients on this machine.
func behindProxy(steps ...string) Config {
	return Config{Command: servertest.Play(steps...), TrustProxies: trustLoopback}
}

func TestForwardedEnvironment(t *testing.T) {
	t.Parallel()
	s := serve(t, behindProxy("env"))
	for _, tt := range []struct {
		name   string
		header []string
		want   map[string]string
		remote string // in the log
	}{
		{"X", []string{"X-Forwarded-For: 127.0.0.1, 192.0.2.7", "X-Forwarded-Proto: https", "X-Forwarded-Host: a.example"},
			map[string]string{"REMOTE_ADDR": "192.0.2.7", "REMOTE_HOST": "192.0.2.7", "REMOTE_PORT": "", "HTTPS": "on",
				"SERVER_NAME": "a.example", "SERVER_PORT": "443", "HTTP_HOST": "test.example", "HTTP_X_FORWARDED_FOR": "127.0.0.1, 192.0.2.7"}, "192.0.2.7"},
		{"standard", []string{`Forwarded: for="[2001:db8::7]:5000";proto=https;host="a.example:8443"`},
			map[string]string{"REMOTE_ADDR": "2001:db8::7", "REMOTE_PORT": "5000", "HTTPS": "on", "SERVER_NAME": "a.example", "SERVER_PORT": "8443"}, "[2001:db8::7]:5000"},
		{"hidden", []string{"Forwarded: for=_secret"},
			map[string]string{"REMOTE_ADDR": "", "REMOTE_HOST": "", "REMOTE_PORT": "", "SERVER_NAME": "test.example", "SERVER_PORT": "80"}, "unknown"},
		{"none", nil, map[string]string{"REMOTE_ADDR": "127.0.0.1", "SERVER_NAME": "test.example", "SERVER_PORT": "80"}, ""},
	} {
		nc := servertest.Connect(t, s.addr)
		env := variables(t, servertest.NewClient(t, nc).Upgrade("/", tt.header...))
		wantVariables(t, env, tt.want)
		if _, https := env["HTTPS"]; https != (tt.want["HTTPS"] != "") {
			t.Errorf("%s: HTTPS is set: %v", tt.name, https)
		}
		want, peer := tt.remote, nc.LocalAddr().String()
		if want == "" {
			want, peer = peer, ""
		}
		records := s.log.All("CONNECT")
		records[len(records)-1].Want(t, "remote", want, "peer", peer)
	}
}

// --sameorigin compares with what the browser asked the proxy for.
func TestForwardedSameOrigin(t *testing.T) {
	t.Parallel()
	cfg := behindProxy("print:up")
	cfg.SameOrigin = true
	trusting := serve(t, cfg)
	cfg.TrustProxies = nil
	other := serve(t, cfg)
	public := []string{"X-Forwarded-Proto: https", "X-Forwarded-Host: a.example"}
	for _, tt := range []struct {
		server *testServer
		origin string
		header []string
		ok     bool
	}{
		{trusting, "https://a.example", public, true},
		{trusting, "https://a.example:443", public, true},
		{trusting, "http://a.example", public, false},
		{trusting, "https://a.example:8443", public, false},
		{trusting, "https://test.example", public, false}, // the Host that the proxy has made
		{trusting, "https://a.example:8443", append(public, "X-Forwarded-Port: 8443"), true},
		{trusting, "https://a.example", append(public, "X-Forwarded-Port: 8443"), false},
		{trusting, "http://a.example", []string{"Forwarded: proto=http;host=a.example"}, true},
		{trusting, "https://test.example", []string{"X-Forwarded-For: 192.0.2.7"}, true}, // the scheme is not known
		{trusting, "https://test.example", []string{"X-Forwarded-Proto: http"}, false},
		{other, "https://a.example", public, false},
		{other, "https://test.example", public, true},
	} {
		c := tt.server.dial(t)
		answer := c.Shake("/", append([]string{"Origin: " + tt.origin}, tt.header...)...)
		if ok := answer.StatusCode == http.StatusSwitchingProtocols; ok != tt.ok {
			t.Errorf("%s with %q, trusting: %v: %s", tt.origin, tt.header, tt.server == trusting, answer.Status)
		}
	}
}

// The advice names the URL that leads here through the proxy.
func TestForwardedAdvice(t *testing.T) {
	t.Parallel()
	s := serve(t, behindProxy("print:up"))
	r := httptest.NewRequest("GET", "/x", nil)
	r.RemoteAddr = "127.0.0.1:1"
	r.Header = http.Header{"X-Forwarded-Proto": {"https"}, "X-Forwarded-Host": {"a.example"}}
	w := httptest.NewRecorder()
	if s.ServeHTTP(w, r); !strings.Contains(w.Body.String(), `"wss://a.example/x"`) {
		t.Errorf("the advice is %q", w.Body)
	}
}

// The console may connect where the browser found it: a proxy may have made
// another Host.
func TestForwardedConsole(t *testing.T) {
	t.Parallel()
	cfg := behindProxy("end")
	cfg.DevConsole, cfg.BasePath = true, "/app"
	trusting := serve(t, cfg)
	cfg.TrustProxies = nil
	other := serve(t, cfg)
	for _, tt := range []struct {
		server *testServer
		header []string
		host   string
	}{
		{trusting, nil, "test.example"},
		{trusting, []string{"X-Forwarded-Host: a.example", "X-Forwarded-Proto: https"}, "a.example"},
		{trusting, []string{"X-Forwarded-Host: a.example:8443", "X-Forwarded-Proto: https"}, "a.example:8443"},
		{trusting, []string{"X-Forwarded-Port: 8443", "X-Forwarded-Proto: https"}, "test.example:8443"},
		{trusting, []string{`Forwarded: host="a.example:8443";proto=https`}, "a.example:8443"},
		{trusting, []string{"Forwarded: host=a.example", "X-Forwarded-Host: b.example"}, "test.example"},
		{other, []string{"X-Forwarded-Host: a.example", "X-Forwarded-Proto: https"}, "test.example"},
	} {
		response, _ := tt.server.get(t, "/app/", tt.header...)
		_, got, _ := strings.Cut(response.Header.Get("Content-Security-Policy"), "connect-src ")
		if want := "'self' ws://" + tt.host + " wss://" + tt.host; got != want {
			t.Errorf("%q: connect-src %q, want %q", tt.header, got, want)
		}
	}
}
