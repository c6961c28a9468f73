package systemd_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/coder/websocket"
)

// testUser has a service that systemd starts as root and that drops it by
// itself: it serves the socket that was handed over, and is heard all the same.
func testUser(t *testing.T, wsd string) {
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
		wsd: wsd, args: []string{"--user=nobody", "sh", "-c", "id -un; cat"},
		env:     []string{"NOTIFY_SOCKET=" + path, "WATCHDOG_USEC=20000"},
		sockets: []fileHolder{socket}, names: []string{"wsd.socket"},
	}
	p := s.run(t)
	wantTold(t, l, "READY=1\nSTATUS=0 sessions")
	wantTold(t, l, "WATCHDOG=1")
	conn, _, err := websocket.Dial(t.Context(), "ws://"+socket.Addr().String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	if _, got, err := conn.Read(t.Context()); err != nil || string(got) != "nobody" {
		t.Errorf("the backend runs as %q, %v", got, err)
	}
	for told(t, l) != "WATCHDOG=1\nSTATUS=1 session" {
	}
	p.signal(syscall.SIGHUP)
	for !strings.HasPrefix(told(t, l), "RELOADING=1\n") {
	}
	p.signal(syscall.SIGTERM)
	for told(t, l) != "STOPPING=1" {
	}
	conn.CloseNow()
	l.Close() // unread, its signs of life would block wsd
	if status := p.wait(); status != 0 || strings.Contains(p.log.String(), "as root") {
		t.Errorf("exit status %d", status)
	}
}
