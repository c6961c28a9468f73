package server

import (
	"crypto/tls"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"wsd/server/certs"
	"wsd/server/servertest"
)

// runTLS serves a backend that takes these steps by TLS.
func runTLS(t *testing.T, steps ...string) *runServer {
	t.Helper()
	return run(t, Config{Command: servertest.Play(steps...), Addresses: []string{"127.0.0.1:0"}, TLS: &certs.Config{}, CloseDelay: servertest.Patience})
}

func (r *runServer) tlsClient(t *testing.T) *servertest.Client {
	t.Helper()
	return servertest.NewClient(t, tls.Client(servertest.Connect(t, r.addr), servertest.TrustAny()))
}

// Over TLS a session waits with a small buffer, so the sizes around that and
// around a TLS record are those to look at.
func TestTLSSessionSizes(t *testing.T) {
	t.Parallel()
	r := runTLS(t, "echo")
	c := r.tlsClient(t).Upgrade("/")
	for _, size := range []int{0, 1, 125, 126, 503, 504, 505, 511, 512, 513, 4096, 4097, 16_383, 16_384, 16_385, 65_535, 65_536, 70_000, 500_000} {
		c.WantEcho(strings.Repeat("x", size))
	}
	frames, want := numbered(5_000, 60)
	go c.Conn.Write(frames) // ends when the server has taken all, which has come back below
	for line := range strings.Lines(want) {
		c.Want(strings.TrimSuffix(line, "\n"))
	}
	c.SendClose(4321)
	c.WantCloseFrame(4321, "")
	c.WantEnd()
	r.log.Wait(t, "DISCONNECT").Want(t, "code", "4321", "exit", "exit status 0", "messages_in", "5019", "messages_out", "5019")
}

// An idle session holds no large buffer, and wakes up for either side.
func TestTLSSessionIdle(t *testing.T) {
	t.Parallel()
	wake := servertest.NewGate(t)
	r := runTLS(t, "print:up", wake.Step(), "print:woken", "echo")
	c := r.tlsClient(t).Upgrade("/")
	c.Want("up")
	wake.Reached()
	c.SendPing("to be sure that the handshake is behind")
	if f, err := c.ReadFrame(); err != nil || f.Opcode != servertest.Pong {
		t.Fatalf("%v, %v", f, err)
	}
	wake.Open()
	c.Want("woken")
	c.WantEcho("hello")
	c.Leave()
	r.log.Wait(t, "DISCONNECT")
}

func TestTLSEarlyData(t *testing.T) {
	t.Parallel()
	file := recording(t)
	r := runTLS(t, "read:"+file)
	frames, want := numbered(2_000, 100)
	c := r.tlsClient(t)
	c.Write(slices.Concat(servertest.Request("/"), frames, closeWith(1000, "")))
	c.WantUpgraded()
	c.WantCloseFrame(1000, "")
	c.WantEnd()
	r.log.Wait(t, "DISCONNECT")
	wantRecording(t, file, want)
}

func TestTLSClientLeaves(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*servertest.Client){
		"close_notify": func(c *servertest.Client) { c.Conn.(*tls.Conn).Close() },
		"FIN alone":    func(c *servertest.Client) { c.Conn.(*tls.Conn).NetConn().Close() },
		"RST": func(c *servertest.Client) {
			tcp := c.Conn.(*tls.Conn).NetConn().(*net.TCPConn)
			tcp.SetLinger(0)
			tcp.Close()
		},
		"close_notify and read on": func(c *servertest.Client) { c.CloseWrite(); io.Copy(io.Discard, c.Conn) },
	} {
		t.Run(name, func(t *testing.T) {
			file := recording(t)
			r := runTLS(t, "print:up", "read:"+file)
			c := r.tlsClient(t).Upgrade("/")
			c.Want("up")
			if name != "RST" {
				c.Send("last words")
			}
			leave(c)
			r.log.Wait(t, "DISCONNECT").Want(t, "code", "1006", "exit", "exit status 0")
			if name != "RST" {
				wantRecording(t, file, "last words\n")
			}
		})
	}
}

// Closing a faulty client's connection must not lose the close frame over TLS
// either.
func TestTLSFaultWhileClientSends(t *testing.T) {
	t.Parallel()
	r := runTLS(t, "drain")
	flood, _ := numbered(20_000, 100)
	c := r.tlsClient(t).Upgrade("/")
	sent := make(chan struct{})
	go func() { // ends when all is sent or the server has closed
		defer close(sent)
		c.Conn.Write(slices.Concat(textFrame("\xff"), flood))
	}()
	c.WantCloseFrame(1007, "")
	c.Conn.(*tls.Conn).NetConn().Close()
	<-sent
	r.log.Wait(t, "DISCONNECT").Want(t, "code", "1007")
}

func TestTLSEnvironment(t *testing.T) {
	t.Parallel()
	r := runTLS(t, "env")
	env := sessionEnvironment(t, r.tlsClient(t).Upgrade("/a?b"))
	wantEnv(t, env, "HTTPS=on", "SERVER_PORT=443", "SERVER_NAME=test.example", "REMOTE_ADDR=127.0.0.1", "QUERY_STRING=b")
}

// sessionEnvironment is what a backend "env" says, a message a variable.
func sessionEnvironment(t *testing.T, c *servertest.Client) []string {
	t.Helper()
	env, err := c.ReadAll()
	if _, closed := err.(servertest.CloseError); !closed {
		t.Fatal(err)
	}
	c.Conn.Close()
	return env
}

func wantEnv(t *testing.T, env []string, want ...string) {
	t.Helper()
	all := "\n" + strings.Join(env, "\n") + "\n"
	for _, kv := range want {
		if !strings.Contains(all, "\n"+kv+"\n") {
			t.Errorf("no %s in %q", kv, env)
		}
	}
}

func TestUnixSocketSession(t *testing.T) {
	t.Parallel()
	path := socketPath(t)
	r := run(t, Config{Command: servertest.Play("env", "echo"), UnixSocket: path})
	c := servertest.NewClient(t, servertest.Connect(t, path)).Upgrade("/")
	var env []string
	for len(env) == 0 || !strings.HasPrefix(env[len(env)-1], "UNIQUE_ID=") {
		_, line, err := c.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		env = append(env, string(line))
	}
	wantEnv(t, env, "REMOTE_ADDR=", "REMOTE_HOST=", "REMOTE_PORT=", "SERVER_NAME=test.example", "SERVER_PORT=80")
	c.WantEcho("hello", strings.Repeat("x", 500_000))
	r.stop()
	c.WantClose(1001, "server is shutting down")
	r.wait(t)
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("the socket's file is still there: %v", err)
	}
}

func TestUnixSocketTLSSession(t *testing.T) {
	t.Parallel()
	path := socketPath(t)
	r := run(t, Config{Command: servertest.Play("echo"), UnixSocket: path, TLS: &certs.Config{}})
	c := servertest.NewClient(t, servertest.Connect(t, path))
	c = servertest.NewClient(t, tls.Client(c.Conn, servertest.TrustAny())).Upgrade("/")
	c.WantEcho("hello", strings.Repeat("x", 500_000))
	c.Leave()
	r.log.Wait(t, "DISCONNECT").Want(t, "code", "1000")
}

// All listeners lead to the same sessions.
func TestRunSeveralListeners(t *testing.T) {
	t.Parallel()
	path := socketPath(t)
	r := run(t, Config{Command: servertest.Play("print:up", "echo"), Addresses: []string{"127.0.0.1:0", "localhost:0"}, UnixSocket: path})
	clients := []*servertest.Client{servertest.NewClient(t, servertest.Connect(t, path))}
	for _, l := range r.log.WaitN(t, 3, "listening")[:2] {
		_, addr, _ := strings.Cut(strings.TrimSuffix(l["url"], "/"), "://")
		clients = append(clients, servertest.NewClient(t, servertest.Connect(t, addr)))
	}
	for _, c := range clients {
		c.Upgrade("/").Want("up")
	}
	if n := r.Sessions(); n != len(clients) {
		t.Errorf("%d sessions, want %d", n, len(clients))
	}
	r.stop()
	for _, c := range clients {
		c.WantClose(1001, "")
	}
	r.wait(t)
}
