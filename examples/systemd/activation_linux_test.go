package systemd_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/coder/websocket"
)

func testActivation(t *testing.T, wsd string) {
	t.Run("TCP", func(t *testing.T) { testTCP(t, wsd) })
	t.Run("Names", func(t *testing.T) { testNames(t, wsd) })
	t.Run("WithFlags", func(t *testing.T) { testWithFlags(t, wsd) })
	t.Run("Backend", func(t *testing.T) { testBackend(t, wsd) })
	t.Run("NotMine", func(t *testing.T) { testNotMine(t, wsd) })
	t.Run("Errors", func(t *testing.T) { testErrors(t, wsd) })
	t.Run("SocketActivate", func(t *testing.T) { testSocketActivate(t, wsd) })
}

// testTCP has a client that comes before wsd does, and one that comes between
// two of them.
func testTCP(t *testing.T, wsd string) {
	socket := listenTCP(t)
	s := service{wsd: wsd, args: []string{"cat"}, sockets: []fileHolder{socket}, names: []string{"wsd.socket"}}
	url := "ws://" + socket.Addr().String()
	for range 2 {
		early, err := net.Dial("tcp", socket.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		p := start(t, s.command(t))
		if line := p.logs("msg=listening"); !strings.Contains(line, "url=http://"+socket.Addr().String()+"/ inherited=wsd.socket") {
			t.Errorf("the log says %s", line)
		}
		// The early connection is in the queue, so it is served first.
		echo(t, url, &websocket.DialOptions{HTTPClient: clientOf(func(context.Context, string, string) (net.Conn, error) { return early, nil })})
		echo(t, url, nil)
		if status := p.stop(); status != 0 {
			t.Errorf("exit status %d", status)
		}
	}
}

// clientOf returns a client whose connections dial opens.
func clientOf(dial func(ctx context.Context, network, address string) (net.Conn, error)) *http.Client {
	return &http.Client{
		Timeout: patience,
		Transport: &http.Transport{
			DialContext:       dial,
			DisableKeepAlives: true,
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, // a self-signed certificate
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// testNames hands over sockets whose names mean something.
func testNames(t *testing.T, wsd string) {
	main, redirect := listenTCP(t), listenTCP(t)
	plain, path := listenUnix(t)
	s := service{
		wsd:     wsd,
		args:    []string{"--ssl", "cat"},
		env:     []string{"XDG_CACHE_HOME=" + t.TempDir()},
		sockets: []fileHolder{redirect, plain, main},
		names:   []string{"redirect", "plain", "anything"},
	}
	p := s.run(t)

	var dialer net.Dialer
	echo(t, "wss://"+main.Addr().String(), &websocket.DialOptions{HTTPClient: clientOf(dialer.DialContext)})
	echo(t, "ws://localhost", &websocket.DialOptions{HTTPClient: clientOf(func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, "unix", path)
	})})
	response, err := clientOf(dialer.DialContext).Get("http://" + redirect.Addr().String() + "/a?b")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if want := "https://" + main.Addr().String() + "/a?b"; response.Header.Get("Location") != want {
		t.Errorf("%s to %q, want %s", response.Status, response.Header.Get("Location"), want)
	}
	p.stop()
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the Unix socket's file, which is not wsd's: %v", err)
	}
}

// testWithFlags gives wsd a listener of its own as well.
func testWithFlags(t *testing.T, wsd string) {
	socket := listenTCP(t)
	s := service{wsd: wsd, args: []string{"--address=127.0.0.1:0", "cat"}, sockets: []fileHolder{socket}, names: []string{""}}
	p := start(t, s.command(t))
	p.logs("inherited=LISTEN_FD_3")
	_, own, _ := strings.Cut(p.logs("msg=listening"), "url=http:")
	echo(t, "ws://"+socket.Addr().String(), nil)
	echo(t, "ws:"+own, nil)
	p.stop()

	s.args = []string{"--address=" + socket.Addr().String(), "cat"}
	p = start(t, s.command(t))
	p.logs("wsd: error: listening on " + socket.Addr().String())
	p.logs("wsd: hint: another address of this server has this port already")
}

// testBackend looks at what a backend gets of all that wsd was given.
func testBackend(t *testing.T, wsd string) {
	socket := listenTCP(t)
	_, notify := listenNotify(t)
	s := service{
		wsd: wsd,
		args: []string{"--passenv=PATH,MINE,LISTEN_FDS,LISTEN_PID,LISTEN_FDNAMES,NOTIFY_SOCKET,WATCHDOG_USEC,WATCHDOG_PID",
			"sh", "-c", "env; ls -l /proc/$$/fd"},
		env:     []string{"MINE=1", "NOTIFY_SOCKET=" + notify, "WATCHDOG_USEC=1000000000"},
		sockets: []fileHolder{socket},
		names:   []string{"wsd.socket"},
	}
	s.run(t)
	var mine, files int
	for _, line := range talk(t, "ws://"+socket.Addr().String(), nil) {
		name, _, _ := strings.Cut(line, "=")
		switch {
		case name == "MINE":
			mine++
		case strings.HasPrefix(name, "LISTEN_"), strings.HasPrefix(name, "WATCHDOG_"), name == "NOTIFY_SOCKET":
			t.Errorf("the backend has %s", line)
		case strings.Contains(line, "-> pipe:"):
			files++
		case strings.Contains(line, "-> socket:"), strings.Contains(line, "-> anon"):
			t.Errorf("the backend has %s", line)
		}
	}
	if mine != 1 || files != 3 {
		t.Errorf("MINE %d times, %d pipes", mine, files)
	}
}

// testNotMine has the variables of another process, which a service has passed
// on to its child.
func testNotMine(t *testing.T, wsd string) {
	socket := listenTCP(t)
	s := service{wsd: wsd, sockets: []fileHolder{socket}, names: []string{"wsd.socket"}}
	cmd := s.command(t)
	own := exec.CommandContext(t.Context(), wsd, "--address=127.0.0.1:0", "cat")
	own.Env, own.ExtraFiles = append(cmd.Env, "LISTEN_PID=1"), cmd.ExtraFiles
	p := start(t, own)
	line := p.logs("msg=listening")
	if strings.Contains(line, "inherited") {
		t.Errorf("wsd takes what is not its own: %s", line)
	}
	_, url, _ := strings.Cut(line, "url=http:")
	echo(t, "ws:"+url, nil)
}

// testErrors hands over what can't be a listener.
func testErrors(t *testing.T, wsd string) {
	datagrams, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer datagrams.Close()
	unixgram, _ := listenNotify(t)
	connected, err := net.Dial("tcp", listenTCP(t).Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer connected.Close()
	pipe, other, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	defer other.Close()
	for _, test := range []struct {
		socket fileHolder
		env    string
		want   string
	}{
		{datagrams, "", `the inherited socket "x": it is no stream socket`},
		{unixgram, "", `the inherited socket "x": it is no stream socket`},
		{connected.(*net.TCPConn), "", `the inherited socket "x": it does not listen`},
		{noSocket{pipe}, "", `the inherited socket "x": it is no socket`},
		{listenTCP(t), "LISTEN_FDS=one", "LISTEN_FDS=one is no number of sockets"},
		{listenTCP(t), "LISTEN_FDS=2147483647", "LISTEN_FDS=2147483647: descriptor "},
		{listenTCP(t), "LISTEN_FDNAMES=redirect", `the inherited socket "redirect" has no TCP port to redirect to`},
	} {
		s := service{wsd: wsd, args: []string{"cat"}, sockets: []fileHolder{test.socket}, names: []string{"x"}}
		cmd := s.command(t)
		cmd.Env = append(cmd.Env, test.env) // of two the last is taken
		p := start(t, cmd)
		p.logs("wsd: error: " + test.want)
		if status := p.wait(); status != 1 {
			t.Errorf("%s: exit status %d", test.want, status)
		}
	}
}

// noSocket is a file that is handed over as if it were one.
type noSocket struct{ file *os.File }

func (n noSocket) File() (*os.File, error) {
	fd, err := syscall.Dup(int(n.file.Fd()))
	return os.NewFile(uintptr(fd), n.file.Name()), err
}

// testSocketActivate has systemd's own program for it hand over a socket.
func testSocketActivate(t *testing.T, wsd string) {
	path := socketPath(t)
	cmd := exec.CommandContext(t.Context(), tool(t, "systemd-socket-activate"), "--listen="+path, "--fdname=wsd.socket", wsd, "cat")
	p := start(t, cmd)
	p.logs("Listening on " + path) // it starts wsd for the first client
	echo(t, "ws://localhost", &websocket.DialOptions{HTTPClient: clientOf(func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	})})
	if line := p.logs("msg=listening"); !strings.Contains(line, "url=unix:"+path+" inherited=wsd.socket") {
		t.Errorf("the log says %s", line)
	}
}
