//go:build e2e && unix

package proxy_test

import (
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"wsd/server/servertest"
)

// siteName is the host name in the shipped configurations.
const siteName = "ws.example.org"

// A stage is what one proxy and the wsd processes behind it stand on: a folder,
// a certificate, and the two addresses that the proxy listens on.
type stage struct {
	dir             string
	ca              *servertest.CA
	cert, key, both string // PEM files
	plain, tls      string // host:port
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{dir: servertest.Dir(t), ca: servertest.NewCA(t, "authority")} // the proxies' workers run as other users
	ports := freePorts(t, 2)
	s.plain, s.tls = ports[0], ports[1]
	s.cert, s.key = s.ca.Install(t, s.dir, siteName, siteName)
	s.both = s.write(t, "both.pem", servertest.Read(t, s.cert)+servertest.Read(t, s.key))
	return s
}

// path is the path of a file in the stage's folder.
func (s *stage) path(name string) string { return filepath.Join(s.dir, name) }

func (s *stage) write(t *testing.T, name, text string) string {
	t.Helper()
	return servertest.Write(t, s.path(name), text, 0o600)
}

// mkdir makes a folder in which the group may make sockets and in which each
// file belongs to the group. TestPrepare has the one that README.md makes. Only root
// can give a folder to a group that it is no member of; for others all processes are the same user
// anyway.
func (s *stage) mkdir(t *testing.T, name, group string) string {
	t.Helper()
	dir := s.path(name)
	if err := os.Mkdir(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() != 0 || group == "" {
		return dir
	}
	found, err := user.LookupGroup(group)
	if err != nil {
		t.Fatal(err)
	}
	gid, err := strconv.Atoi(found.Gid)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, 0, gid); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o750|os.ModeSetgid); err != nil {
		t.Fatal(err)
	}
	return dir
}

// fill copies a shipped file into the stage's folder with other texts in the place of
// some: pairs of old and new. An old one that is not in the file is an error, so
// that the file and the test can't drift apart.
func (s *stage) fill(t *testing.T, file string, pairs ...string) string {
	t.Helper()
	shipped := servertest.Read(t, file)
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(shipped, pairs[i]) {
			t.Fatalf("%s does not contain %q", file, pairs[i])
		}
	}
	return s.write(t, filepath.Base(file), strings.NewReplacer(pairs...).Replace(shipped))
}

// portOf is the port of host:port.
func portOf(t *testing.T, address string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// freePorts returns n different addresses of the loopback interface that nobody
// listens on.
func freePorts(t *testing.T, n int) []string {
	t.Helper()
	var addresses []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close() // not before all are found
		addresses = append(addresses, l.Addr().String())
	}
	return addresses
}
