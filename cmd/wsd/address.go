package main

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"wsd/server"
	"wsd/server/host"
)

// setListeners sets the addresses and checks every port.
func (f *flags) setListeners(cfg *server.Config) error {
	port := 80
	switch {
	case f.Port != nil:
		port = *f.Port
	case f.SSL:
		port = 443
	}
	if port < 0 || port > 65535 {
		return usage("ports go up to 65535", "--port=%d is not a valid port", port)
	}
	if f.RedirPort < 0 || f.RedirPort > 65535 {
		return usage("ports go up to 65535", "--redirport=%d is not a valid port", f.RedirPort)
	}
	addresses := f.Address
	if len(addresses) == 0 && (f.Port != nil || f.UnixSocket == "" && len(f.Inherited) == 0) {
		addresses = []string{""} // all of this machine's
	}
	for _, a := range addresses {
		address, err := joinPort(a, port)
		if err != nil {
			return err
		}
		if slices.Contains(cfg.Addresses, address) && !strings.HasSuffix(address, ":0") {
			return usage("leave one of the two out", "--address=%s is given twice", a)
		}
		cfg.Addresses = append(cfg.Addresses, address)
	}
	return f.checkRedirect(cfg.Addresses)
}

// checkRedirect refuses a redirect that leads nowhere or to itself. The server
// checks inherited sockets itself.
func (f *flags) checkRedirect(addresses []string) error {
	if f.RedirPort == 0 {
		return nil
	}
	if len(addresses) == 0 && len(f.Inherited) == 0 {
		return usage("add --port=N", "--redirport=%d has no TCP port to redirect to", f.RedirPort)
	}
	for _, a := range addresses {
		if _, port, _ := net.SplitHostPort(a); port == strconv.Itoa(f.RedirPort) {
			return usage("give --redirport a port of its own", "--redirport=%d is a port of the server itself", f.RedirPort)
		}
	}
	return nil
}

// joinPort turns the value of an --address into an address for net.Listen. Its
// own port wins over the given one. Port 0 means any that is free.
func joinPort(address string, port int) (string, error) {
	const hint = "write HOST, HOST:PORT, [IPv6] or [IPv6]:PORT"
	if ip, err := netip.ParseAddr(address); err == nil && ip.Is6() {
		return "", usage("write --address=["+address+"]", "--address=%s is an IPv6 address without brackets", address)
	}
	name, own, found := cutPort(address)
	if found {
		n, err := strconv.ParseUint(own, 10, 16)
		if err != nil {
			return "", usage(hint, "--address=%s: %q is not a valid port", address, own)
		}
		port = int(n)
	}
	if name != "" && !isHost(name) {
		return "", usage(hint, "--address=%s: %q is neither a host name nor an address", address, name)
	}
	return net.JoinHostPort(strings.Trim(name, "[]"), strconv.Itoa(port)), nil
}

// isHost reports whether s can be listened on: a host name, an IPv4 address, or
// an IPv6 address in brackets, which may have a zone, as link-local ones need.
func isHost(s string) bool {
	if inner, ok := strings.CutPrefix(s, "["); ok {
		inner, closed := strings.CutSuffix(inner, "]")
		ip, err := netip.ParseAddr(inner)
		return closed && err == nil && ip.Is6()
	}
	return host.IsName(s)
}

// cutPort splits host[:port] at the port's colon; IPv6 addresses are in
// brackets.
func cutPort(s string) (host, port string, found bool) {
	colon := strings.LastIndexByte(s, ':')
	if colon <= strings.LastIndexByte(s, ']') {
		return s, "", false
	}
	return s[:colon], s[colon+1:], true
}
