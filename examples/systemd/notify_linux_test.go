package systemd_test

import (
	"net"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// listenNotify opens what systemd listens on for the states of a service.
func listenNotify(t *testing.T) (l *net.UnixConn, path string) {
	t.Helper()
	path = socketPath(t)
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Net: "unixgram", Name: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l, path
}

// told returns the next message.
func told(t *testing.T, l *net.UnixConn) string {
	t.Helper()
	l.SetReadDeadline(time.Now().Add(patience))
	b := make([]byte, 4096)
	n, err := l.Read(b)
	if err != nil {
		t.Fatalf("wsd tells nothing: %v", err)
	}
	return string(b[:n])
}

func wantTold(t *testing.T, l *net.UnixConn, want string) {
	t.Helper()
	if got := told(t, l); !regexp.MustCompile("^" + want + "\n?$").MatchString(got) {
		t.Fatalf("wsd tells %q, want %s", got, want)
	}
}

func testNotify(t *testing.T, wsd string) {
	t.Run("States", func(t *testing.T) { testStates(t, wsd) })
	t.Run("Watchdog", func(t *testing.T) { testWatchdog(t, wsd) })
	t.Run("NobodyThere", func(t *testing.T) { testNobodyThere(t, wsd) })
	t.Run("CannotListen", func(t *testing.T) { testCannotListen(t, wsd) })
}

func testStates(t *testing.T, wsd string) {
	socket := listenTCP(t)
	l, path := listenNotify(t)
	s := service{
		wsd: wsd, args: []string{"cat"}, env: []string{"NOTIFY_SOCKET=" + path},
		sockets: []fileHolder{socket}, names: []string{"wsd.socket"},
	}
	p := s.run(t)
	wantTold(t, l, "READY=1\nSTATUS=0 sessions")
	for range 2 {
		p.signal(syscall.SIGHUP)
		wantTold(t, l, "RELOADING=1\nMONOTONIC_USEC=[1-9][0-9]*")
		wantTold(t, l, "READY=1")
	}
	p.signal(syscall.SIGTERM)
	wantTold(t, l, "STOPPING=1")
	if status := p.wait(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

// testWatchdog reads signs of life, and the number of sessions with them.
func testWatchdog(t *testing.T, wsd string) {
	socket := listenTCP(t)
	l, path := listenNotify(t)
	s := service{
		wsd: wsd, args: []string{"cat"}, env: []string{"NOTIFY_SOCKET=" + path, "WATCHDOG_USEC=20000"},
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
	for told(t, l) != "WATCHDOG=1\nSTATUS=1 session" {
	}
	wantTold(t, l, "WATCHDOG=1")
	p.signal(syscall.SIGTERM)
	for told(t, l) != "STOPPING=1" {
	}
}

// testNobodyThere has a NOTIFY_SOCKET that is none: wsd serves all the same.
func testNobodyThere(t *testing.T, wsd string) {
	socket := listenTCP(t)
	s := service{
		wsd: wsd, args: []string{"cat"}, env: []string{"NOTIFY_SOCKET=" + socketPath(t)},
		sockets: []fileHolder{socket}, names: []string{"wsd.socket"},
	}
	p := s.run(t)
	echo(t, "ws://"+socket.Addr().String(), nil)
	p.stop()
	if n := strings.Count(p.log.String(), "can't be told"); n != 1 {
		t.Errorf("%d warnings", n)
	}
}

// testCannotListen has a wsd that never is ready, and must not say so.
func testCannotListen(t *testing.T, wsd string) {
	taken := listenTCP(t)
	l, path := listenNotify(t)
	cmd := exec.CommandContext(t.Context(), wsd, "--address="+taken.Addr().String(), "cat")
	cmd.Env = append(cmd.Environ(), "NOTIFY_SOCKET="+path)
	p := start(t, cmd)
	p.logs("wsd: error: ")
	if status := p.wait(); status != 1 {
		t.Errorf("exit status %d", status)
	}
	l.SetReadDeadline(time.Now()) // what it said before it ended is there
	if n, err := l.Read(make([]byte, 1)); err == nil {
		t.Errorf("wsd told %d bytes", n)
	}
}
