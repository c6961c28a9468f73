package proxy

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/pires/go-proxyproto"
	"github.com/pires/go-proxyproto/tlvparse"
)

const (
	// headerTimeout bounds the wait for a PROXY header, which a proxy sends at
	// once.
	headerTimeout = 10 * time.Second
	// headerBuffer holds any header of version 1; one of version 2 may be
	// longer.
	headerBuffer = 256
	// lineLength is the longest header of version 1, in bytes.
	lineLength = 107
)

// Listener accepts connections. Those from the peers in Trust begin with a header
// of the PROXY protocol, version 1 or 2, and become Conns. Others are left as
// they are; a header there is an invalid request. Log, which must not be nil,
// gets a record of each invalid header. Closing a Listener closes the one below
// it.
//
// A trusted peer must send the header. The protocol's specification forbids guessing,
// since a client behind a proxy that sends none could send its own.
type Listener struct {
	net.Listener
	Trust Trusted
	Log   *slog.Logger
	warn  sync.Once // only the first invalid header is a warning
}

// Accept implements net.Listener. It reads nothing from the connection.
func (l *Listener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil || !l.Trust.Has(Peer(nc.RemoteAddr())) {
		return nc, err
	}
	return &Conn{Conn: nc, listener: l}, nil
}

// Conn is a connection from a trusted proxy; the net.Conn in it is the one to the
// proxy itself. The header is read when a method first needs it, which for
// net/http is in the connection's own goroutine. If that fails, the connection is
// closed, and Read returns io.EOF.
type Conn struct {
	net.Conn
	listener *Listener

	once   sync.Once // guards the reading of the header, which sets the rest
	failed bool
	in     *bufio.Reader // nil when all that was read ahead has been used; belongs to the reader
	header *header
	source net.Addr
	target net.Addr
}

// header is what a PROXY header says, apart from the addresses.
type header struct {
	peer string // the proxy itself
	own  bool   // the connection is the proxy's own (LOCAL): it relays no client
	tls  bool   // the client connected to it by TLS
}

// unknownAddr is the address of a client that the proxy can't name.
type unknownAddr struct{}

func (unknownAddr) Network() string { return "unknown" }
func (unknownAddr) String() string  { return "unknown" }

// await reads the header, once, and reports whether it is good.
func (c *Conn) await() bool {
	c.once.Do(func() {
		c.Conn.SetReadDeadline(time.Now().Add(headerTimeout))
		defer c.Conn.SetReadDeadline(time.Time{})
		c.in = bufio.NewReaderSize(c.Conn, headerBuffer)
		c.source, c.target = c.Conn.RemoteAddr(), c.Conn.LocalAddr()
		if _, err := c.in.Peek(1); err != nil {
			c.fail(slog.LevelDebug, err) // nothing came: a balancer checking that the port is open
			return
		}
		h, err := readHeader(c.in)
		if err != nil {
			level := slog.LevelDebug
			c.listener.warn.Do(func() { level = slog.LevelWarn })
			c.fail(level, err)
			return
		}
		c.take(h)
	})
	return !c.failed
}

func (c *Conn) fail(level slog.Level, err error) {
	c.failed = true
	c.listener.Log.Log(context.Background(), level, "dropped: no valid PROXY header from a trusted peer",
		"peer", Peer(c.Conn.RemoteAddr()).String(), "err", err)
	c.Conn.Close()
}

// readHeader reads a header and nothing after it. The library accepts one of
// version 1 only in one piece, but TCP may deliver it in several.
func readHeader(in *bufio.Reader) (*proxyproto.Header, error) {
	for n := 1; n <= lineLength; n++ {
		line, err := in.Peek(n)
		if err != nil {
			return nil, err
		}
		if n <= len(proxyproto.SIGV1) && line[n-1] != proxyproto.SIGV1[n-1] || line[n-1] == '\n' {
			break
		}
	}
	return proxyproto.Read(in)
}

// take keeps what h says. With LOCAL of version 2 a proxy speaks for itself, for
// example to check that the server is there: the addresses are then those of the
// connection (section 2.2 of the specification). UNKNOWN of version 1, which the
// library calls LOCAL, too, is a client without an address.
func (c *Conn) take(h *proxyproto.Header) {
	c.header = &header{peer: Peer(c.Conn.RemoteAddr()).String()}
	switch {
	case h.Command.IsLocal() && h.Version == 1:
		c.source = unknownAddr{}
		return
	case h.Command.IsLocal():
		c.header.own = true
		return
	}
	c.source, c.target = h.SourceAddr, h.DestinationAddr
	if tlvs, err := h.TLVs(); err == nil {
		ssl, ok := tlvparse.FindSSL(tlvs)
		c.header.tls = ok && ssl.ClientSSL()
	}
}

// RemoteAddr implements net.Conn: the client's address, as the header gives it.
func (c *Conn) RemoteAddr() net.Addr { c.await(); return c.source }

// LocalAddr implements net.Conn: the address that the client connected to.
func (c *Conn) LocalAddr() net.Addr { c.await(); return c.target }

// Read implements net.Conn. It begins after the header.
func (c *Conn) Read(p []byte) (int, error) {
	if !c.await() {
		return 0, io.EOF
	}
	if c.in != nil {
		if c.in.Buffered() > 0 {
			return c.in.Read(p)
		}
		c.in = nil
	}
	return c.Conn.Read(p)
}

// Unwrap returns the connection below, and what has been read from it and not yet
// used. c must not be used again.
func (c *Conn) Unwrap() (net.Conn, []byte) {
	if c.in == nil {
		return c.Conn, nil
	}
	unread, _ := c.in.Peek(c.in.Buffered())
	return c.Conn, unread
}

// CloseWrite lets net/http close its direction first, so that a client still gets
// an answer to a request that was not read to its end.
func (c *Conn) CloseWrite() error {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	return half.CloseWrite()
}

type connKey struct{}

// ConnContext is the ConnContext of an http.Server: it lets the handler find the
// PROXY header of the connection.
func ConnContext(ctx context.Context, nc net.Conn) context.Context {
	if t, ok := nc.(*tls.Conn); ok {
		nc = t.NetConn()
	}
	if c, ok := nc.(*Conn); ok {
		return context.WithValue(ctx, connKey{}, c)
	}
	return ctx
}

// headerOf returns the PROXY header of a request's connection, or nil when
// there is none.
func headerOf(ctx context.Context) *header {
	c, ok := ctx.Value(connKey{}).(*Conn)
	if !ok || !c.await() {
		return nil
	}
	return c.header
}
