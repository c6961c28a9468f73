package main

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"wsd/server"
)

func TestProxyingFlags(t *testing.T) {
	prefixes := func(list ...string) (p []netip.Prefix) {
		for _, s := range list {
			p = append(p, netip.MustParsePrefix(s))
		}
		return p
	}
	for _, test := range []struct {
		args string
		want func(c *server.Config)
	}{
		{"--trustproxy=127.0.0.1", func(c *server.Config) { c.TrustProxies = prefixes("127.0.0.1/32") }},
		{"--trustproxy=10.0.0.0/8,::1,2001:db8::/32,unix,", func(c *server.Config) {
			c.TrustProxies, c.TrustUnixPeers = prefixes("10.0.0.0/8", "::1/128", "2001:db8::/32"), true
		}},
		{"--trustproxy=0.0.0.0/0", func(c *server.Config) { c.TrustProxies = prefixes("0.0.0.0/0") }},
		{"--trustproxy=", func(c *server.Config) {}},
		{"--trustproxy=unix --proxyprotocol", func(c *server.Config) { c.TrustUnixPeers, c.ProxyProtocol = true, true }},
		{"--basepath=/ws/ --healthpath=/up", func(c *server.Config) {
			c.BasePath, c.HealthPath, c.DrainTime = "/ws/", "/up", 3*time.Second
		}},
		{"--unixsocket=s --unixsocket-mode=0660", func(c *server.Config) {
			c.Addresses, c.UnixSocket, c.UnixSocketMode = nil, "s", 0o660
		}},
		{"--unixsocket=s --unixsocket-mode=600", func(c *server.Config) {
			c.Addresses, c.UnixSocket, c.UnixSocketMode = nil, "s", 0o600
		}},
	} {
		base := strings.Fields("--devconsole")
		want, err := configure(base, nil)
		if err != nil {
			t.Fatal(err)
		}
		test.want(&want)
		got, err := configure(append(base, strings.Fields(test.args)...), nil)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %+v, %v\nwant %+v", test.args, got, err, want)
		}
	}
}

func TestProxyingErrors(t *testing.T) {
	const (
		listHint = "write addresses and CIDRs, such as 10.0.0.0/8,192.0.2.7,::1, or unix for peers on a Unix socket"
		modeHint = "write it in octal, such as 0660"
		deafHint = "clients need write permission: 0600, 0660 or 0666"
	)
	for _, test := range []struct{ args, err, hint string }{
		{"--trustproxy=10.0.0.0/33", `--trustproxy=10.0.0.0/33: "10.0.0.0/33" is neither an address nor a CIDR`, listHint},
		{"--trustproxy=localhost", `--trustproxy=localhost: "localhost" is neither an address nor a CIDR`, listHint},
		{"--trustproxy=::1,[::1]", `--trustproxy=::1,[::1]: "[::1]" is neither an address nor a CIDR`, listHint},
		{"--trustproxy=fe80::1%eth0", `--trustproxy=fe80::1%eth0: "fe80::1%eth0" is neither an address nor a CIDR`, listHint},
		{"--trustproxy=10.0.0.1:80", `--trustproxy=10.0.0.1:80: "10.0.0.1:80" is neither an address nor a CIDR`, listHint},
		{"--trustproxy=10/8", `--trustproxy=10/8: "10/8" is neither an address nor a CIDR`, listHint},
		{"--trustproxy=,", "--trustproxy=, names no proxy", "leave --trustproxy out to believe nobody"},
		{"--proxyprotocol", "--proxyprotocol needs --trustproxy", "add --trustproxy with the proxy's address: anyone else could send such a header, too"},
		{"--unixsocket=s --unixsocket-mode=0888", "--unixsocket-mode=0888 is not a valid mode", modeHint},
		{"--unixsocket=s --unixsocket-mode=0x1b0", "--unixsocket-mode=0x1b0 is not a valid mode", modeHint},
		{"--unixsocket=s --unixsocket-mode=-660", "--unixsocket-mode=-660 is not a valid mode", modeHint},
		{"--unixsocket=s --unixsocket-mode=rw-rw----", "--unixsocket-mode=rw-rw---- is not a valid mode", modeHint},
		{"--unixsocket=s --unixsocket-mode=4755", "--unixsocket-mode=4755 is not a valid mode", modeHint},
		{"--unixsocket=s --unixsocket-mode=0", "--unixsocket-mode=0 lets nobody connect", deafHint},
		{"--unixsocket=s --unixsocket-mode=0444", "--unixsocket-mode=0444 lets nobody connect", deafHint},
		{"--unixsocket-mode=0660", "--unixsocket-mode without --unixsocket", "add --unixsocket=PATH; whoever makes an inherited socket sets its mode"},
	} {
		args := append(strings.Fields(test.args), "--devconsole")
		_, err := configure(args, nil)
		checkError(t, args, err, 64, test.err, test.hint)
	}
}
