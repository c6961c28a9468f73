package server

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"wsd/server/proxy"
)

// mismatches logs clients that speak TLS to a plain port, or the other way round, at
// most one of each kind a minute as a warning: a scanner may try often. Its methods
// may be called concurrently.
type mismatches struct {
	log        *slog.Logger
	tls, plain rate.Sometimes
}

func newMismatches(log *slog.Logger) *mismatches {
	return &mismatches{log: log, tls: rate.Sometimes{Interval: time.Minute}, plain: rate.Sometimes{Interval: time.Minute}}
}

// spokeTLS logs a client that speaks TLS to a plain port.
func (m *mismatches) spokeTLS(remote string) {
	m.warn(&m.tls, "a client speaks TLS, and this port is plain", remote,
		"use ws:// or http:// here; {TLS} is for wss:// and https://")
}

// spokePlain logs a client that speaks plain HTTP to a port with TLS.
func (m *mismatches) spokePlain(remote string) {
	m.warn(&m.plain, "a client speaks plain HTTP, and this port has TLS", remote, "use wss:// or https:// here")
}

func (m *mismatches) warn(seldom *rate.Sometimes, what, remote, hint string) {
	level := slog.LevelDebug
	seldom.Do(func() { level = LevelWarn })
	m.log.Log(context.Background(), level, what, "remote", remote, "hint", hint)
}

// plainOnTLS returns the client's address from what net/http logs about a client
// that speaks plain HTTP to a port with TLS.
func plainOnTLS(line string) (remote string, ok bool) {
	line, isHandshake := strings.CutPrefix(line, "http: TLS handshake error from ")
	remote, isPlain := strings.CutSuffix(line, ": client sent an HTTP request to an HTTPS server")
	return remote, isHandshake && isPlain
}

// clearListener accepts connections without TLS, as clearConns.
type clearListener struct {
	net.Listener
	mismatches *mismatches
}

// Accept implements net.Listener.
func (l clearListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &clearConn{Conn: c, mismatches: l.mismatches}, nil
}

// clearConn is a connection without TLS. If its client speaks TLS nonetheless, Read
// fails, so that net/http answers at once: it would wait for the end of a line, which
// may never come.
type clearConn struct {
	net.Conn
	mismatches *mismatches
	begun      bool // something was read; belongs to the reader
}

var errSpeaksTLS = errors.New("the client speaks TLS")

// tlsHandshake is the first byte of a TLS connection (RFC 8446 5.1), which no request
// begins with.
const tlsHandshake = 0x16

// Read implements net.Conn.
func (c *clearConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if !c.begun && n > 0 {
		c.begun = true
		if p[0] == tlsHandshake {
			c.mismatches.spokeTLS(proxy.Peer(c.RemoteAddr()).String())
			return 0, errSpeaksTLS
		}
	}
	return n, err
}

// ReadFrom implements io.ReaderFrom, so that files still go out by sendfile(2).
func (c *clearConn) ReadFrom(r io.Reader) (int64, error) { return io.Copy(c.Conn, r) }

// CloseWrite lets net/http close its direction first, so that a client still gets
// an answer to a request that was not read to its end.
func (c *clearConn) CloseWrite() error {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	return half.CloseWrite()
}

// unwrapClear returns the connection below a clearConn, and any other as it is.
func unwrapClear(c net.Conn) net.Conn {
	if p, ok := c.(*clearConn); ok {
		return p.Conn
	}
	return c
}
