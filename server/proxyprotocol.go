package server

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
	// proxyHeaderTimeout bounds a PROXY header, which a proxy sends at once.
	proxyHeaderTimeout = 10 * time.Second
	// proxyHeaderBuffer holds any header of version 1; one of version 2 may be
	// longer.
	proxyHeaderBuffer = 256
	// proxyLine is the longest header of version 1, in bytes.
	proxyLine = 107
)

// proxyListener accepts connections that begin with a header of the PROXY
// protocol, version 1 or 2, from trusted peers; those of others are left as they
// are, and a header there is no valid request.
//
// A trusted peer must send the header: the protocol's specification forbids to
// guess, since a client behind a proxy that sends none could send its own.
type proxyListener struct {
	net.Listener
	trust trusted
	log   *slog.Logger
	warn  sync.Once // of a proxy that sends something else
}

// Accept implements net.Listener. It reads nothing from the connection.
func (l *proxyListener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil || !l.trust.client(socketClient(nc.RemoteAddr())) {
		return nc, err
	}
	return &proxyConn{Conn: nc, listener: l}, nil
}

// socketClient is the peer of a socket with this address.
func socketClient(addr net.Addr) client {
	switch a := addr.(type) {
	case *net.TCPAddr:
		return client{addr: a.AddrPort().Addr()}
	case *net.UnixAddr:
		return client{unix: true}
	default:
		return client{}
	}
}

// proxyConn is a connection from a trusted proxy. Its header is read when
// anything is first asked of it, which net/http does in the connection's own
// goroutine. If that fails, the connection is closed, and ends for the reader.
type proxyConn struct {
	net.Conn
	listener *proxyListener

	once   sync.Once // guards the reading of the header, which sets the rest
	failed bool
	in     *bufio.Reader // nil when all that was read ahead has been used; the reader's
	header *proxyHeader
	source net.Addr
	target net.Addr
}

// proxyHeader is what a PROXY header says, but for the addresses.
type proxyHeader struct {
	peer string // the proxy itself
	tls  bool   // the client came to it by TLS
}

// await reads the header, once, and reports whether it is good.
func (c *proxyConn) await() bool {
	c.once.Do(func() {
		c.Conn.SetReadDeadline(time.Now().Add(proxyHeaderTimeout))
		defer c.Conn.SetReadDeadline(time.Time{})
		c.in = bufio.NewReaderSize(c.Conn, proxyHeaderBuffer)
		c.source, c.target = c.Conn.RemoteAddr(), c.Conn.LocalAddr()
		if _, err := c.in.Peek(1); err != nil {
			c.fail(slog.LevelDebug, err) // nothing came: a balancer that looks whether the port is open
			return
		}
		header, err := readProxyHeader(c.in)
		if err != nil {
			level := slog.LevelDebug
			c.listener.warn.Do(func() { level = slog.LevelWarn })
			c.fail(level, err)
			return
		}
		c.take(header)
	})
	return !c.failed
}

func (c *proxyConn) fail(level slog.Level, err error) {
	c.failed = true
	c.listener.log.Log(context.Background(), level, "dropped: no valid PROXY header from a trusted peer",
		"peer", socketText(c.Conn.RemoteAddr()), "err", err)
	c.Conn.Close()
}

// readProxyHeader reads a header and nothing behind it. The library takes one of
// version 1 in one piece only, but TCP may deliver it in several.
func readProxyHeader(in *bufio.Reader) (*proxyproto.Header, error) {
	for n := 1; n <= proxyLine; n++ {
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

// take keeps what header says. A proxy speaks for itself by LOCAL, for example
// when it checks whether the server is there, and by UNKNOWN.
func (c *proxyConn) take(header *proxyproto.Header) {
	if header.Command.IsLocal() {
		return
	}
	c.header = &proxyHeader{peer: socketText(c.Conn.RemoteAddr())}
	c.source, c.target = header.SourceAddr, header.DestinationAddr
	if tlvs, err := header.TLVs(); err == nil {
		ssl, ok := tlvparse.FindSSL(tlvs)
		c.header.tls = ok && ssl.ClientSSL()
	}
}

func socketText(addr net.Addr) string {
	if _, unix := addr.(*net.UnixAddr); unix {
		return "unix"
	}
	return addr.String()
}

// RemoteAddr implements net.Conn: the client's address, as the header has it.
func (c *proxyConn) RemoteAddr() net.Addr { c.await(); return c.source }

// LocalAddr implements net.Conn: the address that the client connected to.
func (c *proxyConn) LocalAddr() net.Addr { c.await(); return c.target }

// Read implements net.Conn. It begins behind the header.
func (c *proxyConn) Read(p []byte) (int, error) {
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

// unwrap returns the connection below, with what has been read from it and not
// been used. c is not used again.
func (c *proxyConn) unwrap() (net.Conn, []byte) {
	if c.in == nil {
		return c.Conn, nil
	}
	unread, _ := c.in.Peek(c.in.Buffered())
	return c.Conn, unread
}

// ReadFrom implements io.ReaderFrom, so that files still go out by sendfile(2).
func (c *proxyConn) ReadFrom(r io.Reader) (int64, error) { return io.Copy(c.Conn, r) }

// CloseWrite lets net/http end its direction first, so that a client still gets
// an answer to a request that was not read to its end.
func (c *proxyConn) CloseWrite() error {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	return half.CloseWrite()
}

type proxyConnKey struct{}

// withProxyConn is a http.Server's ConnContext: it lets the handler find the
// PROXY header of the connection.
func withProxyConn(ctx context.Context, nc net.Conn) context.Context {
	if t, ok := nc.(*tls.Conn); ok {
		nc = t.NetConn()
	}
	if c, ok := nc.(*proxyConn); ok {
		return context.WithValue(ctx, proxyConnKey{}, c)
	}
	return ctx
}

// proxyHeaderOf returns the PROXY header of a request's connection, or nil when
// there is none, or none that names a client.
func proxyHeaderOf(ctx context.Context) *proxyHeader {
	c, ok := ctx.Value(proxyConnKey{}).(*proxyConn)
	if !ok || !c.await() {
		return nil
	}
	return c.header
}
