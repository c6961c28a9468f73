//go:build e2e && unix

package proxy_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"wsd/server/servertest"
)

// startHAProxy starts HAProxy with a shipped file.
func startHAProxy(file string) func(*testing.T, *stage, string, *upstreams, string) *servertest.Process {
	return func(t *testing.T, s *stage, program string, u *upstreams, idle string) *servertest.Process {
		t.Helper()
		pairs := u.pairs()
		if os.Geteuid() == 0 { // HAProxy sees the socket from its chroot
			pairs[len(pairs)-1] = strings.TrimPrefix(u.socket, s.dir)
		}
		return s.startHAProxyWith(t, program, file, append(pairs,
			"timeout tunnel "+shippedIdle+"s", "timeout tunnel "+idle+"s",
			"bind *:80\n", "bind "+s.plain+"\n")...)
	}
}

// startHAProxyWith starts HAProxy with a shipped file that does TLS, in which
// pairs are replaced, beside what each such file has.
func (s *stage) startHAProxyWith(t *testing.T, program, file string, pairs ...string) *servertest.Process {
	t.Helper()
	return s.runHAProxy(t, program, file, append(pairs,
		"bind *:443 ", "bind "+s.tls+" ",
		"/etc/ssl/wsd/haproxy.pem", s.both))
}

// startHAProxyTCP starts HAProxy with the shipped file for the PROXY protocol, in
// which pairs are replaced.
func (s *stage) startHAProxyTCP(t *testing.T, program string, pairs ...string) *servertest.Process {
	t.Helper()
	return s.runHAProxy(t, program, "haproxy-proxyprotocol.cfg", append(pairs, "bind *:443\n", "bind "+s.tls+"\n"))
}

func (s *stage) runHAProxy(t *testing.T, program, file string, pairs []string) *servertest.Process {
	t.Helper()
	if os.Geteuid() == 0 {
		pairs = append(pairs, "chroot /var/lib/haproxy\n", "chroot "+s.dir+"\n")
	} else { // it can't become another user, or change its root
		pairs = append(pairs, "chroot /var/lib/haproxy\n", "\n", "user haproxy\n", "\n", "group haproxy\n", "\n",
			"log /dev/log local0\n", "log "+s.path("dev/log")+" local0\n", "log /dev/log local1 notice\n", "\n")
	}
	proxy := servertest.Start(t, exec.Command(program, "-W", "-db", "-f", s.fill(t, file, pairs...)))
	proxy.Log.WaitText(t, 1, "Loading success")
	return proxy
}
