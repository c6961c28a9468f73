package systemd_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// testUser has a service that systemd starts as root and that drops it by
// itself: it serves the socket that was handed over, and is heard all the same.
func testUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can become another user") // .ci/run runs it as root
	}
	socket := listenTCP(t)
	l, path := listenNotify(t)
	for file, mode := range map[string]os.FileMode{filepath.Dir(path): 0o755, path: 0o777} { // as /run/systemd/notify
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
	}
	s := service{
		args:    []string{"--user=nobody", "sh", "-c", "id -un; cat"},
		env:     []string{"NOTIFY_SOCKET=" + path, "WATCHDOG_USEC=20000"},
		sockets: []fileHolder{socket}, names: []string{"wsd.socket"},
	}
	p := s.run(t)
	wantTold(t, l, "READY=1\nSTATUS=0 sessions")
	wantTold(t, l, "WATCHDOG=1")
	c := p.Dial("/")
	c.Want("nobody")
	for told(t, l) != "WATCHDOG=1\nSTATUS=1 session" {
	}
	p.Signal(syscall.SIGHUP)
	for !strings.HasPrefix(told(t, l), "RELOADING=1\n") {
	}
	p.Signal(syscall.SIGTERM)
	for told(t, l) != "STOPPING=1" {
	}
	c.WantClose(1001, "")
	l.Close() // unread, its signs of life would block wsd
	p.WantEnd()
	if strings.Contains(p.Log.Text(), "as root") {
		t.Errorf("the log is:\n%s", p.Log)
	}
}
