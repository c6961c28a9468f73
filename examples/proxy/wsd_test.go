//go:build e2e && unix

package proxy_test

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// buildWSD builds wsd and returns its path.
func buildWSD(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "wsd")
	if out, err := exec.Command("go", "build", "-o", file, "wsd/cmd/wsd").CombinedOutput(); err != nil {
		t.Fatalf("building wsd: %v\n%s", err, out)
	}
	return file
}

// startWSD starts wsd and returns when it listens. Its self-signed certificate is
// kept in the folder cache.
func startWSD(t *testing.T, wsd, name, cache string, args ...string) *process {
	t.Helper()
	env := []string{"XDG_CACHE_HOME=" + cache, "HOME=" + cache}
	daemon := start(t, name, env, append([]string{wsd}, args...)...)
	daemon.logged(`msg=listening`, 1)
	return daemon
}

// address is the TCP address that wsd listens on, host and port.
func (p *process) address() string {
	p.t.Helper()
	return p.logged(`msg=listening url=https?://(127\.0\.0\.1:\d+)/`, 1)[1]
}
