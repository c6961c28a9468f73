//go:build e2e && unix

package proxy_test

import (
	"net"
	"os"
	"strings"
	"testing"
	"time"
	"wsd/server/servertest"
)

// TestHAProxyLog listens where HAProxy looks for Debian's /dev/log, from below its
// chroot, and wants a line for a session.
func TestHAProxyLog(t *testing.T) {
	program := servertest.Tool(t, "haproxy")
	s := newStage(t)
	u := s.startUpstreams(t, "haproxy", longPing)
	s.mkdir(t, "dev", "haproxy")
	log, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Net: "unixgram", Name: s.path("dev/log")})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	if err := os.Chmod(s.path("dev/log"), 0o666); err != nil { // as Debian's
		t.Fatal(err)
	}
	startHAProxy("haproxy.cfg")(t, s, program, u, shippedIdle)
	leave(s.doors()[0].dial(t, "/ws/echo"), 1000)
	log.SetReadDeadline(time.Now().Add(servertest.Patience))
	line := make([]byte, 4096)
	for {
		n, err := log.Read(line)
		if err != nil {
			t.Fatalf("HAProxy has not logged the session: %v", err)
		}
		if text := string(line[:n]); strings.Contains(text, " ws/wsd ") && strings.Contains(text, " 101 ") && strings.Contains(text, `"GET /ws/echo `) {
			return
		}
	}
}
