package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
)

// target is a server to connect to.
type target struct {
	address string      // host:port, as net.Dial takes it
	host    string      // what the Host header says
	path    string      // the request target, with its query
	tls     *tls.Config // nil without TLS
}

// parseTarget reads a ws:// or wss:// URL. insecure takes any certificate.
func parseTarget(raw string, insecure bool) (target, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return target{}, err
	}
	t := target{host: u.Host, path: u.RequestURI()}
	port := u.Port()
	switch u.Scheme {
	case "ws":
		port = orDefault(port, "80")
	case "wss":
		port = orDefault(port, "443")
		t.tls = clientTLS(u.Hostname(), insecure)
	default:
		return target{}, fmt.Errorf("%q is not a ws:// or wss:// URL", raw)
	}
	if u.Hostname() == "" {
		return target{}, fmt.Errorf("%q names no host", raw)
	}
	t.address = net.JoinHostPort(u.Hostname(), port)
	return t, nil
}

func orDefault(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func clientTLS(name string, insecure bool) *tls.Config {
	return &tls.Config{
		ServerName:         name,
		InsecureSkipVerify: insecure,
		NextProtos:         []string{"http/1.1"},
		// Full records from the start: the client is not what is measured.
		DynamicRecordSizingDisabled: true,
	}
}

// connect opens the connection below a WebSocket.
func (t target) connect(ctx context.Context) (net.Conn, error) {
	if t.tls == nil {
		return new(net.Dialer).DialContext(ctx, "tcp", t.address)
	}
	return (&tls.Dialer{Config: t.tls}).DialContext(ctx, "tcp", t.address)
}
