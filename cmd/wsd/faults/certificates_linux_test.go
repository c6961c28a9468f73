package faults_test

import (
	"crypto/tls"
	"net"
	"syscall"
	"testing"
	"time"

	"wsd/server/servertest"
)

// certificates are an authority and the files that wsd reads.
type certificates struct {
	*servertest.CA
	t         *testing.T
	cert, key string
}

func newCertificates(t *testing.T) *certificates {
	c := &certificates{CA: servertest.NewCA(t, "authority"), t: t}
	c.cert, c.key = c.Install(t, t.TempDir(), "first")
	return c
}

// replace replaces the certificate, and the key if that is not "".
func (c *certificates) replace(cert, key string) {
	c.t.Helper()
	servertest.Replace(c.t, c.cert, cert)
	if key != "" {
		servertest.Replace(c.t, c.key, key)
	}
}

// A halting connection stops in the middle of one of its writes.
type halting struct {
	net.Conn
	write   int           // which write, from 0 on
	reached chan struct{} // closed when half of it has been written
	resume  chan struct{} // closed by the test
}

func (h *halting) Write(b []byte) (int, error) {
	h.write--
	if h.write != -1 {
		return h.Conn.Write(b)
	}
	n, err := h.Conn.Write(b[:len(b)/2])
	close(h.reached)
	<-h.resume
	if err != nil {
		return n, err
	}
	m, err := h.Conn.Write(b[n:])
	return n + m, err
}

// midHandshake begins a TLS handshake that halts in the given write: the first is
// the ClientHello, the second is all that the client still has to say. It calls
// change, finishes the handshake and returns the name of the certificate, which
// the client has found good, for a WebSocket on top of which must work.
func (s *stage) midHandshake(write int, change func()) string {
	s.t.Helper()
	h := &halting{Conn: s.tcp(), write: write, reached: make(chan struct{}), resume: make(chan struct{})}
	conn := tls.Client(h, s.tls)
	c := newClient(s.t, conn)
	shaken := make(chan error, 1)
	go func() { shaken <- conn.Handshake() }() // ends by resume or the connection's deadline; awaited below
	<-h.reached
	change()
	close(h.resume)
	if err := <-shaken; err != nil {
		s.t.Fatalf("the handshake: %v", err)
	}
	c.Upgrade("/echo")
	c.WantEcho("hello")
	c.Leave()
	return conn.ConnectionState().PeerCertificates[0].Subject.CommonName
}

// TestCertificatesReplaced replaces the certificate in the middle of handshakes.
// Each is finished with one certificate and the key of that.
func TestCertificatesReplaced(t *testing.T) {
	t.Parallel()
	ca := newCertificates(t)
	s := newStage(t, settings{tls: ca})
	reload := func(msg string) {
		t.Helper()
		before := len(s.daemon.Log.All(msg))
		s.daemon.Signal(syscall.SIGHUP)
		s.daemon.Log.WaitN(t, before+1, msg)
	}
	good := func(name string) func() {
		return func() { ca.replace(ca.Issue(t, name)); reload("TLS files read again") }
	}
	const refused = "TLS files not read again, the old ones stay in use"
	s.endure(10, func(n int, during func()) {
		for i := range n {
			good("first")()
			for _, test := range []struct {
				name   string
				write  int
				change func()
				want   string
			}{
				{"in the ClientHello", 0, good("second"), "second"},
				{"in the client's last words", 1, good("third"), "second"},
				{"by one that does not fit the key", 0, func() {
					cert, _ := ca.Issue(t, "alone")
					ca.replace(cert, "")
					reload(refused)
				}, "third"},
				{"by half a file", 0, func() {
					cert, key := ca.Issue(t, "half")
					ca.replace(cert, key[:len(key)/2])
					reload(refused)
				}, "third"},
				{"by nothing", 1, func() { ca.replace("", ""); reload(refused) }, "third"},
			} {
				if got := s.midHandshake(test.write, test.change); got != test.want {
					t.Errorf("replaced %s: the certificate is %q, want %q", test.name, got, test.want)
				}
			}
			if i == n/2 {
				during()
			}
		}
	})
	s.finish()
}

// TestCertificatesTriedAgain takes the descriptors away that the files need, which
// no look at the files shows. They are used once there are some.
func TestCertificatesTriedAgain(t *testing.T) {
	t.Parallel()
	ca := newCertificates(t)
	s := newStage(t, settings{tls: ca})
	restore := s.daemon.leave(0)
	ca.replace(ca.Issue(t, "second"))
	s.daemon.Signal(syscall.SIGHUP)
	s.daemon.Log.Wait(t, "TLS files not read again…", "error", "…too many open files…")
	restore()
	served := func() string {
		conn := tls.Client(s.tcp(), s.tls)
		defer conn.Close()
		if err := conn.Handshake(); err != nil {
			t.Fatal(err)
		}
		return conn.ConnectionState().PeerCertificates[0].Subject.CommonName
	}
	for end := time.Now().Add(servertest.Patience); served() != "second"; {
		if time.Now().After(end) {
			t.Fatal("the files can be read, and are not")
		}
	}
	s.daemon.Log.Wait(t, "TLS files read again")
	s.finish()
}
