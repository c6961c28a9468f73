package proxy

import (
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"wsd/server/host"
)

// Trusted are the peers that are believed about where a request comes from. Its
// zero value trusts nobody. It does not change, and may be used concurrently.
type Trusted struct {
	prefixes []netip.Prefix
	unix     bool
}

// NewTrusted makes a Trusted of the addresses of proxies; unix adds every peer on
// a Unix socket.
func NewTrusted(prefixes []netip.Prefix, unix bool) Trusted {
	t := Trusted{unix: unix}
	for _, p := range prefixes {
		if p.Addr().Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		t.prefixes = append(t.prefixes, p.Masked())
	}
	return t
}

func (t Trusted) addr(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return slices.ContainsFunc(t.prefixes, func(p netip.Prefix) bool { return p.Contains(a) })
}

// Has reports whether c is one of these peers.
func (t Trusted) Has(c Client) bool { return c.unix && t.unix || t.addr(c.Addr) }

// errDisagree is about a request whose headers name two clients.
var errDisagree = errors.New("the headers Forwarded and X-Forwarded-For name different clients")

// Forwarded returns the client that a request with the header h comes from, when
// direct is the client that its connection shows. A trusted peer is believed
// about the client; from anyone else these are headers like any others. So they are
// from a proxy that says it speaks for itself (LOCAL of the PROXY protocol): HAProxy
// says so of clients on a Unix socket, too, and what they have sent must not pass for
// the proxy's word.
//
// There are two families of headers, Forwarded (RFC 7239) and X-Forwarded-For,
// -Proto, -Host and -Port. A proxy sets one and lets the other through, and there
// is no telling which: where both are there, one may be the client's own, so only
// what they agree on counts.
//
// The address is that of the first hop, counted from the nearest, that is not
// itself trusted. An entry that can't be read ends the search: the client is then
// unknown, since anybody may have written the entries before it. The error says
// so, for the log; the client can be used all the same.
func Forwarded(direct Client, h http.Header, trust Trusted) (Client, error) {
	if direct.own || !trust.Has(direct) {
		return direct, nil
	}
	standard, err := readForwarded(h, trust)
	other, otherErr := readXForwarded(h, direct.Host, trust)
	err = errors.Join(err, otherErr)
	switch {
	case standard == nil && other == nil:
		return direct, err
	case standard == nil:
		return other.apply(direct), err
	case other == nil:
		return standard.apply(direct), err
	case standard.named && other.named && standard.addr != other.addr:
		err = errors.Join(err, errDisagree)
	}
	return standard.agreed(other).apply(direct), err
}

// claim is what proxies say about a request. A field that they say nothing about
// is empty.
type claim struct {
	named  bool       // they say something about the client's address
	addr   netip.Addr // not valid when it is hidden or unreadable
	port   string
	scheme string // http or https
	host   string // host[:port]
}

// apply returns direct as corrected by c.
func (c *claim) apply(direct Client) Client {
	to := direct
	if c.named {
		to.Addr, to.Port, to.unix = c.addr, c.port, false
		if to.proxy == "" {
			to.proxy = direct.String()
		}
	}
	if c.scheme != "" {
		to.Scheme, to.sure = c.scheme, true
	}
	if c.host != "" {
		to.Host = c.host
	}
	return to
}

// agreed is what c and d both say. A client that only one of them names, or that
// they name differently, is unknown.
func (c *claim) agreed(d *claim) *claim {
	both := claim{named: c.named || d.named}
	if c.named && d.named && c.addr == d.addr {
		both.addr = c.addr
		if c.port == d.port {
			both.port = c.port
		}
	}
	if c.scheme == d.scheme {
		both.scheme = c.scheme
	}
	if c.host == d.host {
		both.host = c.host
	}
	return &both
}

// hop sets the address to the node that the next proxy on the way to the client
// names. It reports whether that node is a trusted proxy, so that there is more
// to read.
func (c *claim) hop(node string, trust Trusted) (more bool) {
	c.named = true
	c.addr, c.port = parseNode(node)
	return trust.addr(c.addr)
}

// parseNode reads a node as written in X-Forwarded-For and in Forwarded (RFC
// 7239, section 6): an address, an IPv6 one in brackets or bare, maybe with a
// port. The address is not valid for anything else, such as "unknown" and the
// identifiers that hide an address.
func parseNode(s string) (addr netip.Addr, port string) {
	name, port := s, ""
	if inner, ok := strings.CutPrefix(s, "["); ok {
		name, port, ok = strings.Cut(inner, "]")
		if !ok || !strings.Contains(name, ":") || port != "" && port[0] != ':' {
			return netip.Addr{}, ""
		}
	} else if colon := strings.IndexByte(s, ':'); colon == strings.LastIndexByte(s, ':') && colon >= 0 {
		name, port = s[:colon], s[colon:]
	}
	addr, err := netip.ParseAddr(name)
	known := host.Port(strings.TrimPrefix(port, ":"))
	if err != nil || addr.Zone() != "" || port != "" && known == "" && !strings.HasPrefix(port, ":_") {
		return netip.Addr{}, ""
	}
	return addr.Unmap(), known
}

// normalScheme is the scheme that X-Forwarded-Proto or proto= names, http or
// https, or "" for any other. Some proxies name a WebSocket's scheme, ws or wss.
func normalScheme(s string) string {
	switch strings.ToLower(s) {
	case "http", "ws":
		return "http"
	case "https", "wss":
		return "https"
	}
	return ""
}

// readXForwarded reads X-Forwarded-For, -Proto, -Host and -Port. If one of the
// latter three has several values, the last one counts, which the nearest proxy
// has written. The port is for a host without one, which is the Host header's
// unless X-Forwarded-Host names one. It returns nil when none of the headers is
// there.
func readXForwarded(h http.Header, hostHeader string, trust Trusted) (*claim, error) {
	var c claim
	var errs []error
	ignored := func(name, value string) {
		errs = append(errs, fmt.Errorf("header %s: ignored %.255q", name, value))
	}
	given := false
	for node := range lastFirst(h.Values("X-Forwarded-For")) {
		given = true
		if c.hop(node, trust) {
			continue
		}
		if !c.addr.IsValid() {
			errs = append(errs, fmt.Errorf("header X-Forwarded-For: %.255q is not an address", node))
		}
		break
	}
	if proto, ok := last(h, "X-Forwarded-Proto"); ok {
		given = true
		if c.scheme = normalScheme(proto); c.scheme == "" {
			ignored("X-Forwarded-Proto", proto)
		}
	}
	port, portGiven := last(h, "X-Forwarded-Port")
	if portGiven {
		given = true
		if host.Port(port) == "" {
			ignored("X-Forwarded-Port", port)
		}
		port = host.Port(port)
	}
	if value, ok := last(h, "X-Forwarded-Host"); ok {
		given = true
		if c.host = host.Normal(value, port); c.host == "" {
			ignored("X-Forwarded-Host", value)
		}
	}
	if c.host == "" && port != "" {
		c.host = host.Normal(hostHeader, port)
	}
	if !given {
		return nil, nil
	}
	return &c, errors.Join(errs...)
}

// last is the last item of a header that is a list.
func last(h http.Header, name string) (value string, ok bool) {
	for item := range lastFirst(h.Values(name)) {
		return item, true
	}
	return "", false
}

// lastFirst yields the items of a header that is a list, without quoted strings,
// from the last to the first. Empty items don't count (RFC 9110, section 5.6.1).
func lastFirst(lines []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, line := range slices.Backward(lines) {
			for line != "" {
				comma := strings.LastIndexByte(line, ',')
				item := strings.Trim(line[comma+1:], " \t")
				line = line[:max(comma, 0)]
				if item != "" && !yield(item) {
					return
				}
			}
		}
	}
}
