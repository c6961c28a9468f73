//go:build unix

package server

import (
	"os"
	"path/filepath"
	"testing"
)

// A flood of handshakes that are refused, for whichever reason, starts no
// process: each would leave its mark in a file.
func TestFloodOfRefusedHandshakes(t *testing.T) {
	const each = 200
	dir := t.TempDir()
	started := filepath.Join(dir, "started")
	scripts := filepath.Join(dir, "scripts")
	if err := os.Mkdir(scripts, 0o777); err != nil {
		t.Fatal(err)
	}
	addProgram(t, scripts, "backend", "touch:"+started, "print:up", "drain")
	for name, tt := range map[string]struct {
		cfg     Config
		path    string
		header  []string
		allowed int // how many are not refused, at first
		status  int
	}{
		"origin":        {cfg: Config{Origins: []string{"good.example"}}, header: []string{"Origin: http://evil.example"}, status: 403},
		"same origin":   {cfg: Config{SameOrigin: true}, header: []string{"Origin: http://evil.example"}, status: 403},
		"no backend":    {path: "/none", status: 404},
		"base path":     {cfg: Config{BasePath: "/base"}, status: 404},
		"bad key":       {header: []string{"Sec-WebSocket-Key: b25lIHRvbyBtYW55IGtleQ=="}, status: 400},
		"two versions":  {header: []string{"Sec-WebSocket-Version: 8"}, status: 426},
		"body":          {header: []string{"Content-Length: 1"}, status: 400},
		"password":      {cfg: Config{PasswordFile: passwordFile(t, adaFile)}, status: 401},
		"header fields": {cfg: Config{MaxHeaderCount: 5}, header: []string{"A: 1", "B: 2"}, status: 431},
		"rate":          {cfg: Config{HandshakesPerMinute: 1}, allowed: 1, status: 429},
		"address":       {cfg: Config{MaxPerAddress: 1}, allowed: 1, status: 429},
		"places":        {cfg: Config{MaxForks: 1}, allowed: 1, status: 429},
		"once":          {cfg: Config{Once: true}, allowed: 1, status: 503},
	} {
		t.Run(name, func(t *testing.T) {
			os.Remove(started)
			tt.cfg.ScriptDir = scripts
			s := serve(t, tt.cfg)
			if tt.path == "" {
				tt.path = "/backend"
			}
			if tt.allowed > 0 {
				newRawClient(t, dialTCP(t, s.addr)).upgrade(tt.path).wantText("up")
			}
			for range each {
				resp, _ := s.ask(t, string(upgradeRequest("test.example", tt.path, tt.header...)))
				wantStatus(t, resp, tt.status)
			}
			within(t, "Close", s.Close)
			marks, err := os.ReadFile(started)
			if len(marks) != tt.allowed || err != nil && tt.allowed > 0 {
				t.Errorf("%d processes were started, want %d (%v)", len(marks), tt.allowed, err)
			}
		})
	}
}
