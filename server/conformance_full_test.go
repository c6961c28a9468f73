//go:build e2e && unix

package server

import (
	"crypto/tls"
	"fmt"
	"net"
	"path/filepath"
	"testing"

	"wsd/server/servertest"
)

// TestConformanceFull runs the suite in all its ways against wsd itself, a process
// for each mode and each kind of listener.
func TestConformanceFull(t *testing.T) {
	t.Parallel()
	for _, m := range []mode{textMode, binaryMode} {
		for _, transport := range []string{"TCP", "TLS", "Unix socket"} {
			t.Run(string(m)+" "+transport, func(t *testing.T) {
				t.Parallel()
				startWSD(t, m, transport).run(t)
			})
		}
	}
}

// TestEveryCloseCode closes with each code, over all ranges of RFC 6455 7.4.2.
func TestEveryCloseCode(t *testing.T) {
	t.Parallel()
	const end, group = 5001, 500
	for first := 0; first < end; first += group {
		t.Run(fmt.Sprint("from ", first), func(t *testing.T) {
			t.Parallel()
			s := startWSD(t, textMode, "Unix socket")
			s.every = false
			for code := first; code < min(first+group, end); code++ {
				c := codeCase(code)
				s.runFrameCase(t, &c)
			}
		})
	}
}

// startWSD starts wsd and returns it as the suite's subject.
func startWSD(t *testing.T, m mode, transport string) *subject {
	t.Helper()
	dir := t.TempDir()
	args := []string{"--pingms=0", "--maxforks=0", "--closems=20000", "--basepath=/ws", "--origin=http://good.example", "--maxframesize=" + itoa(sizeLimit)}
	switch transport {
	case "TLS":
		args = append(args, "--ssl")
	case "Unix socket":
		args = append(args, "--unixsocket="+filepath.Join(servertest.Dir(t), "s"))
	}
	if m == binaryMode {
		args = append(args, "--binary")
	}
	p := servertest.Serve(t, append(args, "sh", "-c", `exec tee "$0$PATH_INFO"`, dir)...)
	return &subject{mode: m, log: p.Log, dir: dir, every: true, dial: func(t testing.TB) net.Conn {
		conn := servertest.Connect(t, p.Address())
		if transport == "TLS" {
			return tls.Client(conn, servertest.TrustAny())
		}
		return conn
	}}
}
