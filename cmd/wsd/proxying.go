package main

import (
	"io/fs"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"wsd/server"
)

// drainTime is how long health checks fail before a shutdown closes anything.
// It is enough for a load balancer that checks every second, and leaves the rest
// of a shutdown in its ten seconds.
const drainTime = 3 * time.Second

// setProxying sets what a proxy in front needs. server.New checks the paths.
func (f *flags) setProxying(cfg *server.Config) error {
	cfg.ProxyProtocol, cfg.BasePath, cfg.HealthPath = f.ProxyProtocol, f.BasePath, f.HealthPath
	if f.HealthPath != "" {
		cfg.DrainTime = drainTime
	}
	if err := f.setTrust(cfg); err != nil {
		return err
	}
	return f.setSocketMode(cfg)
}

// setTrust sets whom to believe. An empty flag counts as not given: nobody is
// believed.
func (f *flags) setTrust(cfg *server.Config) error {
	for _, entry := range splitList(f.TrustProxy) {
		if entry == "unix" {
			cfg.TrustUnixPeers = true
		} else {
			prefix, ok := parsePrefix(entry)
			if !ok {
				return usage("write addresses and CIDRs, such as 10.0.0.0/8,192.0.2.7,::1, or unix for peers on a Unix socket",
					"--trustproxy=%s: %q is neither an address nor a CIDR", f.TrustProxy, entry)
			}
			cfg.TrustProxies = append(cfg.TrustProxies, prefix)
		}
	}
	trusting := cfg.TrustUnixPeers || len(cfg.TrustProxies) > 0
	switch {
	case f.TrustProxy != "" && !trusting:
		return usage("leave --trustproxy out to believe nobody", "--trustproxy=%s names no proxy", f.TrustProxy)
	case f.ProxyProtocol && !trusting:
		return usage("add --trustproxy with the proxy's address: anyone else could send such a header, too",
			"--proxyprotocol needs --trustproxy")
	}
	return nil
}

// parsePrefix reads a CIDR, or a bare address as the CIDR of itself alone.
func parsePrefix(s string) (netip.Prefix, bool) {
	if strings.Contains(s, "/") {
		p, err := netip.ParsePrefix(s)
		return p, err == nil
	}
	addr, err := netip.ParseAddr(s)
	if err != nil || addr.Zone() != "" {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(addr, addr.BitLen()), true
}

// setSocketMode reads --unixsocket-mode as chmod(1) reads a number.
func (f *flags) setSocketMode(cfg *server.Config) error {
	if f.UnixSocketMode == "" {
		return nil
	}
	mode, err := strconv.ParseUint(f.UnixSocketMode, 8, 32)
	switch {
	case err != nil || mode > 0o777:
		return usage("write it in octal, such as 0660", "--unixsocket-mode=%s is not a valid mode", f.UnixSocketMode)
	case mode&0o222 == 0:
		return usage("clients need write permission: 0600, 0660 or 0666",
			"--unixsocket-mode=%s lets nobody connect", f.UnixSocketMode)
	case f.UnixSocket == "":
		return usage("add --unixsocket=PATH; whoever makes an inherited socket sets its mode",
			"--unixsocket-mode without --unixsocket")
	}
	cfg.UnixSocketMode = fs.FileMode(mode)
	return nil
}
