package client

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
)

// Target is a server to connect to.
type Target struct {
	Address string      // host:port, as net.Dial takes it
	Host    string      // what the Host header says
	Path    string      // the request target, with its query
	TLS     *tls.Config // nil without TLS
}

// ParseTarget parses a ws:// or wss:// URL. insecure accepts any certificate.
func ParseTarget(raw string, insecure bool) (Target, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return Target{}, err
	}
	t := Target{Host: u.Host, Path: u.RequestURI()}
	port := u.Port()
	switch u.Scheme {
	case "ws":
		port = cmp.Or(port, "80")
	case "wss":
		port = cmp.Or(port, "443")
		t.TLS = clientTLS(u.Hostname(), insecure)
	default:
		return Target{}, fmt.Errorf("%q is not a ws:// or wss:// URL", raw)
	}
	if u.Hostname() == "" {
		return Target{}, fmt.Errorf("%q has no host", raw)
	}
	t.Address = net.JoinHostPort(u.Hostname(), port)
	return t, nil
}

func clientTLS(name string, insecure bool) *tls.Config {
	return &tls.Config{
		ServerName:         name,
		InsecureSkipVerify: insecure,
		NextProtos:         []string{"http/1.1"},
		// Full records from the start: it is not the client that is measured.
		DynamicRecordSizingDisabled: true,
	}
}

// connect opens the connection below a WebSocket.
func (t Target) connect(ctx context.Context) (net.Conn, error) {
	if t.TLS == nil {
		return new(net.Dialer).DialContext(ctx, "tcp", t.Address)
	}
	return (&tls.Dialer{Config: t.TLS}).DialContext(ctx, "tcp", t.Address)
}
