package certs

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"wsd/server/servertest"
)

// handClock is a clock that a test moves by hand.
type handClock struct {
	mu  sync.Mutex
	now time.Time
}

func newHandClock() *handClock { return &handClock{now: time.Now()} }

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// logText keeps what was logged.
type logText struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logText) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// with returns the lines that contain text.
func (l *logText) with(text string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []string
	for line := range strings.Lines(l.buf.String()) {
		if strings.Contains(line, text) {
			found = append(found, line)
		}
	}
	return found
}

// wantLines fails unless n lines of the log contain text.
func (l *logText) wantLines(t *testing.T, n int, text string) {
	t.Helper()
	if got := l.with(text); len(got) != n {
		t.Errorf("%d log lines with %q, want %d:\n%s", len(got), text, n, strings.Join(l.with(""), ""))
	}
}

// serveTLS answers each TLS connection with the bytes it sends, and returns its
// address. It ends with the test.
func serveTLS(t *testing.T, certs *Store) string {
	t.Helper()
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := tls.NewListener(tcp, certs.TLS())
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer conn.Close()
				io.Copy(conn, conn)
			})
		}
	})
	t.Cleanup(func() { l.Close(); all.Wait() })
	return tcp.Addr().String()
}

// dialTLS opens a session and makes sure that it works both ways: under TLS 1.3
// a client learns only from its first read that it was refused.
func dialTLS(t *testing.T, addr string, config *tls.Config) (*tls.Conn, error) {
	t.Helper()
	conn := tls.Client(servertest.Connect(t, addr), config)
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(servertest.Patience))
	return conn, tryEcho(conn)
}

func tryEcho(conn *tls.Conn) error {
	if _, err := conn.Write([]byte("echo")); err != nil {
		return err
	}
	_, err := io.ReadFull(conn, make([]byte, 4))
	return err
}

// servedLeaf is the certificate that a new session with addr is shown.
func servedLeaf(t *testing.T, addr string, config *tls.Config) *x509.Certificate {
	t.Helper()
	conn, err := dialTLS(t, addr, config)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	return conn.ConnectionState().PeerCertificates[0]
}

// wantServed fails unless addr shows the certificate called name.
func wantServed(t *testing.T, addr string, config *tls.Config, name string) {
	t.Helper()
	if got := servedLeaf(t, addr, config).Subject.CommonName; got != name {
		t.Errorf("served the certificate %q, want %q", got, name)
	}
}
