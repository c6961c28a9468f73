package systemd_test

import (
	"crypto/tls"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"wsd/server/servertest"
)

func testActivation(t *testing.T) {
	t.Run("TCP", testTCP)
	t.Run("Names", testNames)
	t.Run("WithFlags", testWithFlags)
	t.Run("Backend", testBackend)
	t.Run("NotMine", testNotMine)
	t.Run("Errors", testErrors)
	t.Run("SocketActivate", testSocketActivate)
}

// testTCP has a client that comes before wsd does, and one that comes between
// two of them.
func testTCP(t *testing.T) {
	socket := listenTCP(t)
	s := service{args: []string{"cat"}, sockets: []fileHolder{socket}, names: []string{"wsd.socket"}}
	address := socket.Addr().String()
	for range 2 {
		early := servertest.Connect(t, address)
		p := servertest.Start(t, s.command(t))
		p.Log.Wait(t, "listening").Want(t, "url", "http://"+address+"/", "inherited", "wsd.socket")
		// The early connection is in the queue, so it is served first.
		echoOn(t, early)
		echo(t, address)
		p.Shutdown()
	}
}

// testNames hands over sockets whose names mean something.
func testNames(t *testing.T) {
	main, redirect := listenTCP(t), listenTCP(t)
	plain, path := listenUnix(t)
	s := service{
		args:    []string{"--ssl", "cat"},
		env:     []string{"XDG_CACHE_HOME=" + t.TempDir()},
		sockets: []fileHolder{redirect, plain, main},
		names:   []string{"redirect", "plain", "anything"},
	}
	p := s.run(t)

	echoOn(t, tls.Client(servertest.Connect(t, main.Addr().String()), servertest.TrustAny()))
	echo(t, path)
	client := servertest.NewClient(t, servertest.Connect(t, redirect.Addr().String()))
	answer, _ := client.Get("/a?b", "Host: "+redirect.Addr().String())
	if want := "https://" + main.Addr().String() + "/a?b"; answer.Header.Get("Location") != want {
		t.Errorf("%s to %q, want %s", answer.Status, answer.Header.Get("Location"), want)
	}
	p.Shutdown()
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the Unix socket's file, which is not wsd's: %v", err)
	}
}

// testWithFlags gives wsd a listener of its own as well.
func testWithFlags(t *testing.T) {
	socket := listenTCP(t)
	s := service{args: []string{"--address=127.0.0.1:0", "cat"}, sockets: []fileHolder{socket}, names: []string{""}}
	p := s.run(t)
	p.Log.Wait(t, "listening", "inherited", "LISTEN_FD_3")
	own := p.Log.Wait(t, "listening", "inherited", "")["url"]
	echo(t, socket.Addr().String())
	echo(t, strings.Trim(own, "htp:/"))
	p.Shutdown()

	s.args = []string{"--address=" + socket.Addr().String(), "cat"}
	p = servertest.Start(t, s.command(t))
	p.Wait()
	want := "wsd: error: listening on " + socket.Addr().String() + ".*\nwsd: hint: another address of this server has this port already"
	p.Log.WaitText(t, 1, want)
}

// testBackend looks at what a backend gets of all that wsd was given.
func testBackend(t *testing.T) {
	socket := listenTCP(t)
	_, notify := listenNotify(t)
	s := service{
		args: []string{"--passenv=PATH,MINE,LISTEN_FDS,LISTEN_PID,LISTEN_FDNAMES,NOTIFY_SOCKET,WATCHDOG_USEC,WATCHDOG_PID",
			"sh", "-c", "env; ls -l /proc/$$/fd"},
		env:     []string{"MINE=1", "NOTIFY_SOCKET=" + notify, "WATCHDOG_USEC=1000000000"},
		sockets: []fileHolder{socket},
		names:   []string{"wsd.socket"},
	}
	var mine, files int
	for _, line := range s.run(t).Dial("/").WantClose(1000, "") {
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
func testNotMine(t *testing.T) {
	socket := listenTCP(t)
	s := service{sockets: []fileHolder{socket}, names: []string{"wsd.socket"}}
	cmd := s.command(t)
	own := servertest.Command(t, "--address=127.0.0.1:0", "cat")
	own.Env, own.ExtraFiles = append(cmd.Env, "LISTEN_PID=1"), cmd.ExtraFiles
	p := servertest.Listen(t, own)
	p.Log.Wait(t, "listening").Want(t, "inherited", "")
	echo(t, p.Address())
}

// testErrors hands over what can't be a listener.
func testErrors(t *testing.T) {
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
		{datagrams, "", `the inherited socket "x": it is not a stream socket`},
		{unixgram, "", `the inherited socket "x": it is not a stream socket`},
		{connected.(*net.TCPConn), "", `the inherited socket "x": it is not listening`},
		{noSocket{pipe}, "", `the inherited socket "x": it is not a socket`},
		{listenTCP(t), "LISTEN_FDS=one", "LISTEN_FDS=one is not a number of sockets"},
		{listenTCP(t), "LISTEN_FDS=2147483647", "LISTEN_FDS=2147483647: descriptor "},
		{listenTCP(t), "LISTEN_FDNAMES=redirect", `the inherited socket "redirect" has no TCP port to redirect to`},
	} {
		s := service{args: []string{"cat"}, sockets: []fileHolder{test.socket}, names: []string{"x"}}
		cmd := s.command(t)
		cmd.Env = append(cmd.Env, test.env) // of two the last is taken
		p := servertest.Start(t, cmd)
		if status := p.Wait(); status != 1 || !strings.Contains(p.Log.Text(), "wsd: error: "+test.want) {
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
func testSocketActivate(t *testing.T) {
	path := socketPath(t)
	wsd := servertest.Command(t, "cat")
	args := append([]string{"--listen=" + path, "--fdname=wsd.socket"}, wsd.Args...)
	p := servertest.Start(t, exec.Command(servertest.Tool(t, "systemd-socket-activate"), args...))
	p.Log.WaitText(t, 1, "Listening on "+path) // it starts wsd for the first client
	echo(t, path)
	p.Log.Wait(t, "listening", "url", "unix:"+path, "inherited", "wsd.socket")
}
