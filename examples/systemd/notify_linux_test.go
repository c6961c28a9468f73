package systemd_test

import (
	"net"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
	"wsd/server/servertest"
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
	l.SetReadDeadline(time.Now().Add(servertest.Patience))
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

func testNotify(t *testing.T) {
	t.Run("States", testStates)
	t.Run("Watchdog", testWatchdog)
	t.Run("NobodyThere", testNobodyThere)
	t.Run("CannotListen", testCannotListen)
}

func testStates(t *testing.T) {
	socket := listenTCP(t)
	l, path := listenNotify(t)
	s := service{
		args: []string{"cat"}, env: []string{"NOTIFY_SOCKET=" + path},
		sockets: []fileHolder{socket}, names: []string{"wsd.socket"},
	}
	p := s.run(t)
	wantTold(t, l, "READY=1\nSTATUS=0 sessions")
	for range 2 {
		p.Signal(syscall.SIGHUP)
		wantTold(t, l, "RELOADING=1\nMONOTONIC_USEC=[1-9][0-9]*")
		wantTold(t, l, "READY=1")
	}
	p.Signal(syscall.SIGTERM)
	wantTold(t, l, "STOPPING=1")
	p.WantEnd()
}

// testWatchdog reads signs of life, and the number of sessions with them.
func testWatchdog(t *testing.T) {
	socket := listenTCP(t)
	l, path := listenNotify(t)
	s := service{
		args: []string{"cat"}, env: []string{"NOTIFY_SOCKET=" + path, "WATCHDOG_USEC=20000"},
		sockets: []fileHolder{socket}, names: []string{"wsd.socket"},
	}
	p := s.run(t)
	wantTold(t, l, "READY=1\nSTATUS=0 sessions")
	wantTold(t, l, "WATCHDOG=1")
	c := p.Dial("/")
	for told(t, l) != "WATCHDOG=1\nSTATUS=1 session" {
	}
	wantTold(t, l, "WATCHDOG=1")
	p.Signal(syscall.SIGTERM)
	for told(t, l) != "STOPPING=1" {
	}
	c.WantClose(1001, "")
	l.Close() // unread, its signs of life would block wsd
	p.WantEnd()
}

// testNobodyThere has a NOTIFY_SOCKET that is none: wsd serves all the same.
func testNobodyThere(t *testing.T) {
	socket := listenTCP(t)
	s := service{
		args: []string{"cat"}, env: []string{"NOTIFY_SOCKET=" + socketPath(t)},
		sockets: []fileHolder{socket}, names: []string{"wsd.socket"},
	}
	p := s.run(t)
	echo(t, p.Address())
	p.Shutdown()
	if n := len(p.Log.All("…can't be notified…")); n != 1 {
		t.Errorf("%d warnings", n)
	}
}

// testCannotListen has a wsd that never is ready, and must not say so.
func testCannotListen(t *testing.T) {
	taken := listenTCP(t)
	l, path := listenNotify(t)
	cmd := servertest.Command(t, "--address="+taken.Addr().String(), "cat")
	cmd.Env = append(cmd.Env, "NOTIFY_SOCKET="+path)
	p := servertest.Start(t, cmd)
	if status := p.Wait(); status != 1 || !strings.Contains(p.Log.Text(), "wsd: error: ") {
		t.Errorf("exit status %d", status)
	}
	l.SetReadDeadline(time.Now()) // what it said before it ended is there
	if n, err := l.Read(make([]byte, 1)); err == nil {
		t.Errorf("wsd told %d bytes", n)
	}
}
