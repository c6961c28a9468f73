//go:build e2e && unix

package proxy_test

import (
	"crypto/tls"
	"net"
	"strconv"
	"testing"
	"time"
	"wsd/server/servertest"
)

// visitorAddress is where visitors come from. It is an address of the loopback
// interface that no wsd takes for a proxy's.
const visitorAddress = "127.0.0.2"

// A door is one of the two ways into a proxy.
type door struct {
	name    string // "plain" or "tls"
	scheme  string // of a page: http or https
	address string // host:port that is dialed
	tls     *tls.Config
}

// doors are both ways into the proxy of a stage.
func (s *stage) doors() []door {
	return []door{{"plain", "http", s.plain, nil}, {"tls", "https", s.tls, s.ca.Trust(siteName)}}
}

// origin is what a browser sends for a page of the site.
func (d door) origin(t *testing.T) string {
	return d.scheme + "://" + siteName + ":" + portOf(t, d.address)
}

// connect opens a connection from visitorAddress.
func (d door) connect() (net.Conn, error) {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(visitorAddress)}, Timeout: servertest.Patience}
	conn, err := dialer.Dial("tcp", d.address)
	if err == nil && d.tls != nil {
		conn = tls.Client(conn, d.tls)
	}
	return conn, err
}

// client is a visitor who has not asked for anything yet.
func (d door) client(t *testing.T) *servertest.Client {
	t.Helper()
	conn, err := d.connect()
	if err != nil {
		t.Fatal(err)
	}
	return servertest.NewClient(t, conn)
}

// site is the header that names the site, and more.
func (d door) site(t *testing.T, header ...string) []string {
	return append([]string{"Host: " + siteName + ":" + portOf(t, d.address)}, header...)
}

// get sends a plain request and returns the status and the body.
func (d door) get(t *testing.T, path string) (int, string) {
	t.Helper()
	answer, body := d.client(t).Get(path, d.site(t)...)
	return answer.StatusCode, body
}

// try sends the handshake, and returns the visitor and the status of the answer.
func (d door) try(t *testing.T, path string, header ...string) (*servertest.Client, int) {
	t.Helper()
	v := d.client(t)
	return v, v.Shake(path, d.site(t, header...)...).StatusCode
}

// dial opens a WebSocket that must be accepted.
func (d door) dial(t *testing.T, path string, header ...string) *servertest.Client {
	t.Helper()
	return d.client(t).Upgrade(path, d.site(t, header...)...)
}

// leave ends a session from this side, and wants its code back.
func leave(v *servertest.Client, code int) {
	v.Write(servertest.CloseFrame(code, "enough"))
	v.WantCloseFrame(code, "")
	v.Conn.Close()
}

func millis(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
