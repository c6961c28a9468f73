// Package host defines, in one place, which hosts a client or a configuration may
// name: in a Host, Origin or forwarding header, as the target of a redirect, and
// in a certificate.
//
// It is stricter than RFC 3986, section 3.2, because programs, headers and URLs
// are built from what it accepts: no percent-encoding, no zone, no IPvFuture, and
// nothing that could end a word or look like an option.
package host

import (
	"net/netip"
	"strconv"
	"strings"
)

// Split splits host[:port] and brings both parts into their normal form: the host
// in lower case, an IPv6 address shortened and in brackets, the port as Port has
// it, or "" when there is none. Without brackets the host is what IsName accepts.
// A colon with nothing after it counts as no port.
func Split(s string) (name, port string, ok bool) {
	name = s
	if colon := strings.LastIndexByte(s, ':'); colon > strings.LastIndexByte(s, ']') {
		name, port = s[:colon], s[colon+1:]
	}
	normal := Port(port)
	if port != "" && normal == "" {
		return "", "", false
	}
	if inner, bracketed := strings.CutPrefix(name, "["); bracketed {
		inner, closed := strings.CutSuffix(inner, "]")
		addr, err := netip.ParseAddr(inner)
		if !closed || err != nil || !addr.Is6() || addr.Zone() != "" {
			return "", "", false
		}
		return "[" + addr.String() + "]", normal, true
	}
	if !IsName(name) {
		return "", "", false
	}
	return strings.ToLower(name), normal, true
}

// Normal is host[:port] in its normal form, with port where s has none. It is ""
// when s is not a host. An empty port adds nothing.
func Normal(s, port string) string {
	name, own, ok := Split(s)
	if own != "" {
		port = own
	}
	switch {
	case !ok:
		return ""
	case port == "":
		return name
	default:
		return name + ":" + port
	}
}

// IsName reports whether s is a host name or an IPv4 address: labels of letters,
// digits, hyphens (RFC 1123, section 2.1) and, since they are in use, underscores,
// within the lengths of RFC 1035, section 2.3.4. None begins with a hyphen, and a
// dot may follow the last one.
func IsName(s string) bool {
	s = strings.TrimSuffix(s, ".")
	if len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || strings.ContainsFunc(label, notInLabel) {
			return false
		}
	}
	return true
}

func notInLabel(c rune) bool {
	return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_')
}

// Port is s without leading zeros if it is a number from 1 to 65535, and "" for
// anything else.
func Port(s string) string {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n == 0 {
		return ""
	}
	return strconv.FormatUint(n, 10)
}

// DefaultPort is the port of a URL that names none, or "" for a scheme that has
// no default port.
func DefaultPort(scheme string) string {
	switch scheme {
	case "http", "ws":
		return "80"
	case "https", "wss":
		return "443"
	}
	return ""
}
