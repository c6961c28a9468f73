package server

import (
	"crypto/tls"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"wsd/server/certs"
	"wsd/server/servertest"
)

// guardedConfigs are a Config of each kind that lets clients in by something that
// browsers send along, and the header that does it.
func guardedConfigs(t *testing.T) map[string]Config {
	file, _ := clientCA(t)
	return map[string]Config{
		"--htpasswd": {PasswordFile: passwordFile(t, adaFile)},
		"--authcmd":  {AuthCommand: servertest.Play("exit:0")},
		// The test server has no TLS; who connects to it is let in.
		"--sslca": {TLS: &certs.Config{ClientCA: file}},
	}
}

func TestGuardedUpgrade(t *testing.T) {
	t.Parallel()
	const (
		own    = "Origin: http://test.example"
		secure = "Origin: https://test.example"
		evil   = "Origin: https://evil.example"
	)
	for name, cfg := range guardedConfigs(t) {
		t.Run(name, func(t *testing.T) {
			cfg.Command = servertest.Play("drain")
			for _, tt := range []struct {
				origin  string
				origins []string
				same    bool
				want    int
			}{
				{"X-None: 1", nil, false, 101}, // no browser
				{own, nil, false, 101},
				{secure, nil, false, 101}, // TLS may have ended at a proxy
				{"Origin: http://TEST.example:80", nil, false, 101},
				{evil, nil, false, 403},
				{"Origin: http://test.example:8080", nil, false, 403},
				{"Origin: http://sub.test.example", nil, false, 403},
				{"Origin: null", nil, false, 403},
				{"Origin: garbage", nil, false, 403},
				{own + "\r\n" + evil, nil, false, 403},
				{"Origin:\r\n" + evil, nil, false, 403},
				{evil, []string{"evil.example"}, false, 101},
				{evil, []string{"good.example"}, false, 403},
				{own, []string{"good.example"}, false, 403}, // the list is all there is, as ever
				{"Origin: null", []string{"null"}, false, 101},
				{evil, []string{"evil.example"}, true, 403},
				{own, nil, true, 101},
				{evil, nil, true, 403},
			} {
				cfg := cfg
				cfg.Origins, cfg.SameOrigin = tt.origins, tt.same
				s := serve(t, cfg)
				resp := s.askUpgrade(t, tt.origin, asAda)
				if wantStatus(t, resp, tt.want); resp.StatusCode != tt.want {
					t.Errorf("%s, --origin=%q, --sameorigin=%v", tt.origin, tt.origins, tt.same)
				}
				if tt.want != http.StatusForbidden {
					continue
				}
				r := s.log.Wait(t, "origin refused")
				hinted := len(tt.origins) == 0 && !tt.same
				if r["level"] != LevelInfo.String() || r["err"] == "" || strings.Contains(r["hint"], "{Origins}") != hinted {
					t.Errorf("%v, want a hint: %v", r, hinted)
				}
				wantHeader(t, resp.Header, "WWW-Authenticate")
			}
		})
	}
}

// Without a guard any origin may connect, as ever.
func TestUnguardedUpgrade(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Command: servertest.Play("drain"), TLS: &certs.Config{}})
	wantStatus(t, s.askUpgrade(t, "Origin: https://evil.example"), http.StatusSwitchingProtocols)
	resp, _ := s.ask(t, request("POST", "/", "Connection: close", "Sec-Fetch-Site: cross-site", "Origin: https://evil.example"))
	wantStatus(t, resp, http.StatusUpgradeRequired)
}

// A page elsewhere gets no password asked for, either: that would ask the person
// at a browser for it in the name of this server.
func TestGuardedOriginBeforePassword(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Command: servertest.Play("drain"), PasswordFile: passwordFile(t, adaFile)})
	wantStatus(t, s.askUpgrade(t, "Origin: https://evil.example", basic("ada", "wrong")), http.StatusForbidden)
	wantStatus(t, s.askUpgrade(t, "Origin: https://evil.example"), http.StatusForbidden)
}

// A form elsewhere must not make a CGI program do something.
func TestGuardedUnsafeRequests(t *testing.T) {
	t.Parallel()
	for name, cfg := range guardedConfigs(t) {
		t.Run(name, func(t *testing.T) {
			cfg.Command = servertest.Play("drain")
			for _, tt := range []struct {
				method  string
				header  []string
				origins []string
				refused bool
			}{
				{"POST", nil, nil, false}, // no browser
				{"POST", []string{"Origin: http://test.example"}, nil, false},
				{"POST", []string{"Origin: https://evil.example"}, nil, true},
				{"PUT", []string{"Origin: https://evil.example"}, nil, true},
				{"DELETE", []string{"Origin: null"}, nil, true},
				{"POST", []string{"Sec-Fetch-Site: cross-site"}, nil, true},
				{"POST", []string{"Sec-Fetch-Site: same-site", "Origin: http://sub.test.example"}, nil, true},
				{"POST", []string{"Sec-Fetch-Site: same-origin", "Origin: http://test.example"}, nil, false},
				{"POST", []string{"Sec-Fetch-Site: none"}, nil, false},
				{"GET", []string{"Sec-Fetch-Site: cross-site", "Origin: https://evil.example"}, nil, false},
				{"HEAD", []string{"Origin: https://evil.example"}, nil, false},
				{"POST", []string{"Sec-Fetch-Site: cross-site", "Origin: https://good.example"}, []string{"good.example"}, false},
				{"POST", []string{"Origin: https://good.example"}, []string{"good.example"}, false},
				{"POST", []string{"Origin: https://evil.example"}, []string{"good.example"}, true},
				{"POST", []string{"Sec-Fetch-Site: cross-site"}, []string{"good.example"}, true},
				{"POST", []string{"Origin: http://test.example"}, []string{"good.example"}, false}, // its own form
			} {
				cfg := cfg
				cfg.Origins = tt.origins
				s := serve(t, cfg)
				resp, _ := s.ask(t, request(tt.method, "/", append([]string{"Connection: close", asAda}, tt.header...)...))
				want := http.StatusUpgradeRequired // the advice, past all guards
				if tt.refused {
					want = http.StatusForbidden
				}
				if wantStatus(t, resp, want); resp.StatusCode != want {
					t.Errorf("%s %q, --origin=%q", tt.method, tt.header, tt.origins)
				}
				if tt.refused {
					if r := s.log.Wait(t, "origin refused"); !strings.Contains(r["hint"], "{Origins}") {
						t.Errorf("%v, want a hint", r)
					}
				}
			}
		})
	}
}

// Behind a proxy that is believed, the host is the one that the browser asked for.
func TestGuardedBehindProxy(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{
		Command: servertest.Play("drain"), PasswordFile: passwordFile(t, adaFile),
		TrustProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
	})
	forwarded := []string{asAda, "X-Forwarded-For: 192.0.2.7", "X-Forwarded-Host: front.example", "X-Forwarded-Proto: https"}
	for origin, ok := range map[string]bool{"https://front.example": true, "http://test.example": false} {
		upgrade, post := http.StatusForbidden, http.StatusForbidden
		if ok {
			upgrade, post = http.StatusSwitchingProtocols, http.StatusUpgradeRequired
		}
		header := append([]string{"Origin: " + origin}, forwarded...)
		wantStatus(t, s.askUpgrade(t, header...), upgrade)
		resp, _ := s.ask(t, request("POST", "/", append(header, "Connection: close")...))
		wantStatus(t, resp, post)
	}
}

// The certificate is what lets a client in here: a real one, over TLS.
func TestGuardedByCertificate(t *testing.T) {
	t.Parallel()
	file, ca := clientCA(t)
	r := run(t, Config{Command: servertest.Play("print:up", "drain"), Addresses: []string{"127.0.0.1:0"}, TLS: &certs.Config{ClientCA: file}})
	config := servertest.TrustAny()
	config.Certificates = []tls.Certificate{ca.Certificate(t, "ada")}
	for origin, want := range map[string]int{"https://test.example": 101, "https://evil.example": 403} {
		c := servertest.NewClient(t, tls.Client(servertest.Connect(t, r.addr), config))
		wantStatus(t, c.Shake("/", "Origin: "+origin), want)
	}
}
