package server

import (
	"crypto/tls"
	"io"
	"net"
	"os"
	"strings"
	"testing"

	"wsd/server/certs"
	"wsd/server/servertest"
	"wsd/server/websocket"
)

// runTLS serves a backend that takes these steps by TLS.
func runTLS(t *testing.T, steps ...string) *runServer {
	t.Helper()
	return run(t, Config{Command: servertest.Play(steps...), Addresses: []string{"127.0.0.1:0"}, TLS: &certs.Config{}})
}

func (r *runServer) tlsClient(t *testing.T) *rawClient {
	t.Helper()
	return newRawClient(t, tls.Client(dialTCP(t, r.addr), insecure()))
}

// Over TLS a session waits with a small buffer, so the sizes around that and
// around a TLS record are those to look at.
func TestTLSSessionSizes(t *testing.T) {
	r := runTLS(t, "echo")
	c := r.tlsClient(t).upgrade("/")
	for _, size := range []int{0, 1, 125, 126, 503, 504, 505, 511, 512, 513, 4096, 4097, 16_383, 16_384, 16_385, 65_535, 65_536, 70_000, 500_000} {
		echoed(t, c, strings.Repeat("x", size))
	}
	frames, want := numbered(5_000, 60)
	go c.conn.Write(frames) // ends when the server has taken all, which has come back below
	for line := range strings.Lines(want) {
		c.wantText(strings.TrimSuffix(line, "\n"))
	}
	c.close(4321)
	c.wantCloseCode(4321, "")
	c.wantEnd()
	r.log.end(t).wantAttrs(t, map[string]string{"code": "4321", "exit": "exit status 0", "messages_in": "5019", "messages_out": "5019"})
}

// An idle session holds no large buffer, and wakes up for either side.
func TestTLSSessionIdle(t *testing.T) {
	wake := servertest.NewGate(t)
	r := runTLS(t, "print:up", wake.Step(), "print:woken", "echo")
	c := r.tlsClient(t).upgrade("/")
	c.wantText("up")
	wake.Reached()
	c.ping("to be sure that the handshake is behind")
	if f, err := c.readFrame(); err != nil || f.opcode != websocket.OpPong {
		t.Fatalf("%v, %v", f, err)
	}
	wake.Open()
	c.wantText("woken")
	echoed(t, c, "hello")
	c.close(1000)
	c.wantCloseCode(1000, "")
	r.log.end(t)
}

func TestTLSEarlyData(t *testing.T) {
	file := recording(t)
	r := runTLS(t, "read:"+file)
	frames, want := numbered(2_000, 100)
	c := r.tlsClient(t)
	c.shake("/", joined(frames, clientFrame(websocket.FinBit|websocket.OpClose, closePayload(1000, ""))))
	c.wantCloseCode(1000, "")
	c.wantEnd()
	r.log.end(t)
	wantRecording(t, file, want)
}

func TestTLSClientLeaves(t *testing.T) {
	for name, leave := range map[string]func(*rawClient){
		"close_notify": func(c *rawClient) { c.conn.(*tls.Conn).Close() },
		"FIN alone":    func(c *rawClient) { c.conn.(*tls.Conn).NetConn().Close() },
		"RST": func(c *rawClient) {
			tcp := c.conn.(*tls.Conn).NetConn().(*net.TCPConn)
			tcp.SetLinger(0)
			tcp.Close()
		},
		"close_notify and read on": func(c *rawClient) { c.closeWrite(); io.Copy(io.Discard, c.conn) },
	} {
		t.Run(name, func(t *testing.T) {
			file := recording(t)
			r := runTLS(t, "print:up", "read:"+file)
			c := r.tlsClient(t).upgrade("/")
			c.wantText("up")
			if name != "RST" {
				c.text("last words")
			}
			leave(c)
			r.log.end(t).wantAttrs(t, map[string]string{"code": "1006", "exit": "exit status 0"})
			if name != "RST" {
				wantRecording(t, file, "last words\n")
			}
		})
	}
}

// Closing a faulty client's connection must not lose the close frame over TLS
// either.
func TestTLSFaultWhileClientSends(t *testing.T) {
	r := runTLS(t, "drain")
	flood, _ := numbered(20_000, 100)
	c := r.tlsClient(t).upgrade("/")
	sent := make(chan struct{})
	go func() { // ends when all is sent or the server has closed
		defer close(sent)
		c.conn.Write(joined(textFrame("\xff"), flood))
	}()
	c.wantCloseCode(1007, "")
	c.conn.(*tls.Conn).NetConn().Close()
	<-sent
	r.log.end(t).wantAttrs(t, map[string]string{"code": "1007"})
}

func TestTLSEnvironment(t *testing.T) {
	r := runTLS(t, "env")
	env := sessionEnvironment(t, r.tlsClient(t).upgrade("/a?b"))
	wantEnv(t, env, "HTTPS=on", "SERVER_PORT=443", "SERVER_NAME=test.example", "REMOTE_ADDR=127.0.0.1", "QUERY_STRING=b")
}

// sessionEnvironment is what a backend "env" says, a message a variable.
func sessionEnvironment(t *testing.T, c *rawClient) []string {
	t.Helper()
	env, err := c.readRest()
	if _, closed := err.(errClosed); !closed {
		t.Fatal(err)
	}
	c.conn.Close()
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

func unixClient(t *testing.T, path string) *rawClient {
	t.Helper()
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	return newRawClient(t, conn)
}

func TestUnixSocketSession(t *testing.T) {
	path := socketPath(t)
	r := run(t, Config{Command: servertest.Play("env", "echo"), UnixSocket: path})
	c := unixClient(t, path).upgrade("/")
	var env []string
	for len(env) == 0 || !strings.HasPrefix(env[len(env)-1], "UNIQUE_ID=") {
		_, line, err := c.readMessage()
		if err != nil {
			t.Fatal(err)
		}
		env = append(env, string(line))
	}
	wantEnv(t, env, "REMOTE_ADDR=", "REMOTE_HOST=", "REMOTE_PORT=", "SERVER_NAME=test.example", "SERVER_PORT=80")
	echoed(t, c, "hello", strings.Repeat("x", 500_000))
	r.stop()
	c.wantClose(1001, "server is shutting down")
	r.wait(t)
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("the socket's file is still there: %v", err)
	}
}

func TestUnixSocketTLSSession(t *testing.T) {
	path := socketPath(t)
	r := run(t, Config{Command: servertest.Play("echo"), UnixSocket: path, TLS: &certs.Config{}})
	c := unixClient(t, path)
	c = newRawClient(t, tls.Client(c.conn, insecure())).upgrade("/")
	echoed(t, c, "hello", strings.Repeat("x", 500_000))
	c.close(1000)
	c.wantCloseCode(1000, "")
	r.log.end(t).wantAttrs(t, map[string]string{"code": "1000"})
}

// All listeners lead to the same sessions.
func TestRunSeveralListeners(t *testing.T) {
	path := socketPath(t)
	r := run(t, Config{Command: servertest.Play("print:up", "echo"), Addresses: []string{"127.0.0.1:0", "localhost:0"}, UnixSocket: path})
	clients := []*rawClient{unixClient(t, path)}
	for _, l := range r.log.wait(t, "listening", 3)[:2] {
		_, addr, _ := strings.Cut(strings.TrimSuffix(l.attrs["url"], "/"), "://")
		clients = append(clients, newRawClient(t, dialTCP(t, addr)))
	}
	for _, c := range clients {
		c.upgrade("/").wantText("up")
	}
	if n := r.Sessions(); n != len(clients) {
		t.Errorf("%d sessions, want %d", n, len(clients))
	}
	r.stop()
	for _, c := range clients {
		c.wantClose(1001, "")
	}
	r.wait(t)
}
