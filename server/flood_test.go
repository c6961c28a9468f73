//go:build unix

package server

import (
	"os"
	"path/filepath"
	"testing"
	"wsd/server/servertest"
)

// A flood of handshakes that are refused, for whichever reason, starts no
// process: each would leave its mark in a file.
func TestFloodOfRefusedHandshakes(t *testing.T) {
	t.Parallel()
	const each = 200
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
			t.Parallel()
			dir := t.TempDir()
			started := filepath.Join(dir, "started")
			addProgram(t, dir, "backend", "touch:"+started, "print:up", "drain")
			tt.cfg.ScriptDir = dir
			s := serve(t, tt.cfg)
			if tt.path == "" {
				tt.path = "/backend"
			}
			var first *servertest.Client
			if tt.allowed > 0 {
				first = s.dial(t).Upgrade(tt.path)
				first.Want("up")
			}
			for range each {
				resp, _ := s.ask(t, string(servertest.Request(tt.path, tt.header...)))
				wantStatus(t, resp, tt.status)
			}
			if first != nil {
				first.Leave() // or Close would wait for its close frame
			}
			within(t, "Close", s.Close)
			marks, err := os.ReadFile(started)
			if len(marks) != tt.allowed || err != nil && tt.allowed > 0 {
				t.Errorf("%d processes were started, want %d (%v)", len(marks), tt.allowed, err)
			}
		})
	}
}
