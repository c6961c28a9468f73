package server

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"wsd/server/hint"
)

// webOrigin is an origin as browsers serialise it (RFC 6454, section 6.2), in
// its normal form: scheme and host in lower case, the port always a number. The
// zero value is the opaque origin "null". In an entry of the allowed list an
// empty scheme stands for http and https, and an empty port for any port.
type webOrigin struct {
	scheme, host, port string
}

// checkOrigin says whether a page of the given Origin header may open a
// WebSocket at the given Host header; the error says why not, and fits a log.
//
// A request without an Origin comes from no browser and is allowed: the check
// protects people from pages that use their browser, and anything else could
// send whatever Origin it likes. With both restrictions on, an origin must pass
// both, as with websocketd. An entry that parseOrigins refuses allows nothing.
//
// same compares host and port, and scheme, the one that the browser used, where
// it is known. Where it is "", TLS may have ended at a proxy: a Host without a
// port takes the default port of the Origin's scheme. Hosts are compared as browsers do, without regard to
// case, and a trailing dot makes another host.
func checkOrigin(origin, scheme, host string, allowed []string, same bool) error {
	if origin == "" || (len(allowed) == 0 && !same) {
		return nil
	}
	from, ok := parseOrigin(origin)
	if !ok {
		return fmt.Errorf("origin %.255q is malformed", origin)
	}
	if same && !from.isAt(scheme, host) {
		return fmt.Errorf("origin %.255q is not at the request's own host %.255q", origin, host)
	}
	if len(allowed) > 0 && !from.isListed(allowed) {
		return fmt.Errorf("origin %.255q is not allowed", origin)
	}
	return nil
}

// parseOrigins returns an error that names the first entry of list that is not
// [scheme://]host[:port] or "null", and so could allow no origin at all.
func parseOrigins(list []string) error {
	for _, entry := range list {
		if _, ok := parseOriginEntry(entry); !ok {
			return &hint.Error{
				Err:  fmt.Errorf("allowed origin %q is not [scheme://]host[:port]", entry),
				Hint: originHint(entry),
			}
		}
	}
	return nil
}

// originHint is the advice for an entry that is not a valid origin.
func originHint(entry string) string {
	_, rest, ok := strings.Cut(entry, "://")
	if !ok {
		rest = entry
	}
	switch {
	case strings.Contains(entry, "*"):
		return "there are no wildcards: list each host, or no origin at all to allow any"
	case strings.ContainsFunc(entry, func(c rune) bool { return c > 127 }):
		return "write the host in its xn-- form, as browsers send it"
	case strings.Contains(rest, "/"):
		return "an origin has no path: nothing follows the host and port"
	default:
		return "an entry looks like https://example.com, example.com:8080 or [::1]"
	}
}

// isAt says whether o has this scheme, unless it is empty, and the host and port
// that a Host header names. No request's own host has an origin of another scheme, such as app://localhost.
func (o webOrigin) isAt(scheme, hostHeader string) bool {
	host, port, ok := splitHost(hostHeader)
	if port == "" {
		port = defaultPort(o.scheme)
	}
	return ok && port != "" && host == o.host && port == o.port && (scheme == "" || scheme == o.scheme)
}

// isListed says whether an entry of allowed covers o.
func (o webOrigin) isListed(allowed []string) bool {
	for _, s := range allowed {
		if entry, ok := parseOriginEntry(s); ok && entry.covers(o) {
			return true
		}
	}
	return false
}

// covers says whether the entry allows the origin o.
func (entry webOrigin) covers(o webOrigin) bool {
	switch {
	case entry.host != o.host:
		return false
	case entry.scheme == "" && o.host != "" && o.scheme != "http" && o.scheme != "https":
		return false
	case entry.scheme != "" && entry.scheme != o.scheme:
		return false
	default:
		return entry.port == "" || entry.port == o.port
	}
}

// parseOrigin reads an Origin header: "null" or scheme://host[:port], nothing
// before, after or between. Whatever a browser would not send is not ok.
func parseOrigin(s string) (o webOrigin, ok bool) {
	if s == "null" {
		return webOrigin{}, true
	}
	scheme, rest, found := strings.Cut(s, "://")
	if !found || !isScheme(scheme) || strings.HasSuffix(rest, ":") {
		return webOrigin{}, false
	}
	o.scheme = strings.ToLower(scheme)
	o.host, o.port, ok = splitHost(rest)
	if o.port == "" {
		o.port = defaultPort(o.scheme)
	}
	return o, ok
}

// parseOriginEntry reads an entry of the allowed list.
func parseOriginEntry(s string) (entry webOrigin, ok bool) {
	s = strings.TrimSpace(s)
	if strings.EqualFold(s, "null") {
		return webOrigin{}, true
	}
	scheme, rest, found := strings.Cut(s, "://")
	if !found {
		scheme, rest = "", s
	}
	if (found && !isScheme(scheme)) || strings.HasSuffix(rest, ":") {
		return webOrigin{}, false
	}
	entry.scheme = strings.ToLower(scheme)
	entry.host, entry.port, ok = splitHost(rest)
	return entry, ok
}

// isScheme says whether s is a URI scheme (RFC 3986, section 3.1).
func isScheme(s string) bool {
	for i, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
		case i > 0 && ('0' <= c && c <= '9' || c == '+' || c == '-' || c == '.'):
		default:
			return false
		}
	}
	return s != ""
}

// defaultPort is the port of a URL that names none, or "" for a scheme that has
// no such port.
func defaultPort(scheme string) string {
	switch scheme {
	case "http", "ws":
		return "80"
	case "https", "wss":
		return "443"
	}
	return ""
}

// splitHost splits host[:port] (RFC 3986, section 3.2) and brings both parts
// into their normal form: the host in lower case, an IPv6 address shortened and
// in brackets, the port a number from 1 to 65535 or "" when there is none. It is
// stricter than the RFC, because backends use what it returns as a name: letters,
// digits, '-', '_' and '.' only, no empty label, none that looks like an option.
func splitHost(s string) (host, port string, ok bool) {
	host = s
	if colon := strings.LastIndexByte(s, ':'); colon > strings.LastIndexByte(s, ']') {
		host, port = s[:colon], s[colon+1:]
	}
	if host, ok = normalHost(host); !ok {
		return "", "", false
	}
	if port == "" {
		return host, "", true
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return "", "", false
	}
	return host, strconv.FormatUint(n, 10), true
}

// normalHost is the normal form of a host without a port; see splitHost.
func normalHost(s string) (string, bool) {
	if inner, ok := strings.CutPrefix(s, "["); ok {
		inner, closed := strings.CutSuffix(inner, "]")
		addr, err := netip.ParseAddr(inner)
		if !closed || err != nil || !addr.Is6() || addr.Zone() != "" {
			return "", false
		}
		return "[" + addr.String() + "]", true
	}
	if len(s) > 254 { // 253 and the dot of the root: RFC 1035, section 2.3.4
		return "", false
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(s, "."), ".") {
		if label == "" || label[0] == '-' || strings.ContainsFunc(label, notInHost) {
			return "", false
		}
	}
	return strings.ToLower(s), true
}

func notInHost(c rune) bool {
	return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_')
}
