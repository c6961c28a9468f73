//go:build unix

package main_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A proxy is one for which ../proxy has a configuration with two wsd.
type proxy struct {
	program string
	config  string
	args    []string // the last one wants the configuration
	ready   string   // in its log
	pairs   func(f fitting) []string
}

// fitting is what a test puts into a configuration in the place of what is
// shipped.
type fitting struct {
	address    string // host:port to listen on
	dir        string // for its files
	chain, key string // PEM files
	both       string // chain and key in one
}

var proxies = []proxy{
	{"haproxy", "../proxy/haproxy-scaleout.cfg", []string{"-W", "-db", "-f"}, "Loading success", haproxyPairs},
	{"nginx", "../proxy/nginx-scaleout.conf", []string{"-e", "stderr", "-g", "daemon off;", "-c"}, "start worker process ", nginxPairs},
}

func haproxyPairs(f fitting) []string {
	pairs := []string{"bind *:443 ", "bind " + f.address + " ", "/etc/ssl/wsd/haproxy.pem", f.both}
	if os.Geteuid() != 0 { // then it can't become another user, or change its root
		pairs = append(pairs, "chroot /var/lib/haproxy\n", "\n", "user haproxy\n", "\n", "group haproxy\n", "\n")
	}
	return pairs
}

func nginxPairs(f fitting) []string {
	var temporary strings.Builder
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		temporary.WriteString("\n    " + kind + "_temp_path " + filepath.Join(f.dir, kind) + ";")
	}
	return []string{
		"pid /run/nginx.pid;", "pid " + filepath.Join(f.dir, "nginx.pid") + ";",
		"error_log /var/log/nginx/error.log;", "error_log stderr notice;",
		"access_log /var/log/nginx/access.log;", "access_log off;" + temporary.String(),
		"listen 443 ssl;", "listen " + f.address + " ssl;",
		"/etc/ssl/wsd/fullchain.pem", f.chain, "/etc/ssl/wsd/privkey.pem", f.key,
	}
}

// start starts the proxy before two wsd, and returns its address and the file
// with its certificate.
func (p proxy) start(t *testing.T, a, b *wsd) (address, chain string) {
	t.Helper()
	program := lookTool(t, p.program)
	f := fitting{address: net.JoinHostPort("127.0.0.1", freePort(t)), dir: t.TempDir()}
	f.chain, f.key = certificate(t)
	f.both = filepath.Join(f.dir, "both.pem")
	if err := os.WriteFile(f.both, append(read(t, f.chain), read(t, f.key)...), 0o600); err != nil {
		t.Fatal(err)
	}
	config := fill(t, p.config, f.dir, append(p.pairs(f), "127.0.0.1:8082", a.address(), "127.0.0.1:8083", b.address())...)
	running := start(t, exec.Command(program, append(p.args, config)...))
	t.Cleanup(func() { running.end(syscall.SIGTERM) }) // and with it its workers
	running.await(p.ready)
	return f.address, f.chain
}

// fill copies a shipped file into dir with other texts in the place of some: pairs
// of old and new. An old one that is not in the file is an error, so that the file
// and the test can't drift apart.
func fill(t *testing.T, file, dir string, pairs ...string) string {
	t.Helper()
	shipped := string(read(t, file))
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(shipped, pairs[i]) {
			t.Fatalf("%s does not contain %q", file, pairs[i])
		}
	}
	copied := filepath.Join(dir, filepath.Base(file))
	if err := os.WriteFile(copied, []byte(strings.NewReplacer(pairs...).Replace(shipped)), 0o600); err != nil {
		t.Fatal(err)
	}
	return copied
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
