package server

import (
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// redirectHandler sends requests on to the same host at port, by https if tls
// is set, with path and query kept.
//
// The status is 307: the method and the body stay (unlike 301 and 302), and it
// is not cached (unlike 301 and 308, which a browser may follow for years after
// the port has changed or TLS is gone, with no way for the server to take it
// back).
//
// The Location is built from parsed parts: a Host that is no plain host and
// port is answered 400, so that none can smuggle in user information, a path or
// another header.
func redirectHandler(port int, tls bool) http.Handler {
	scheme, suffix := "http", ":"+strconv.Itoa(port)
	if tls {
		scheme = "https"
	}
	if tls && port == 443 || !tls && port == 80 {
		suffix = ""
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, ok := redirectHost(r.Host)
		if !ok {
			http.Error(w, "bad Host header", http.StatusBadRequest)
			return
		}
		target := url.URL{
			Scheme:     scheme,
			Host:       host + suffix,
			Path:       r.URL.Path,
			RawPath:    r.URL.RawPath,
			ForceQuery: r.URL.ForceQuery,
			// net/http lets a raw # pass in a query; here it would start a fragment.
			RawQuery: strings.ReplaceAll(r.URL.RawQuery, "#", "%23"),
		}
		if target.Path == "" {
			target.Path = "/"
		}
		http.Redirect(w, r, target.String(), http.StatusTemporaryRedirect)
	})
}

// redirectHost returns the host of a Host header without its port, an IPv6
// address with its brackets. It takes less than RFC 3986, section 3.2.2 allows:
// no percent-encoding, no zone, no IPvFuture.
func redirectHost(header string) (host string, ok bool) {
	if inner, bracketed := strings.CutPrefix(header, "["); bracketed {
		inner, rest, closed := strings.Cut(inner, "]")
		addr, err := netip.ParseAddr(inner)
		if !closed || err != nil || !addr.Is6() || addr.Zone() != "" || !isPortSuffix(rest) {
			return "", false
		}
		return "[" + addr.String() + "]", true
	}
	end := strings.IndexByte(header, ':')
	if end < 0 {
		end = len(header)
	}
	host = header[:end]
	return host, isHostName(strings.TrimSuffix(host, ".")) && isPortSuffix(header[end:])
}

// isPortSuffix says whether s is what may follow a host: nothing, a colon, or a
// colon and a port.
func isPortSuffix(s string) bool {
	digits, colon := strings.CutPrefix(s, ":")
	if !colon || digits == "" {
		return s == "" || colon
	}
	_, err := strconv.ParseUint(digits, 10, 16)
	return err == nil
}

// isHostName says whether s is a host name or an IPv4 address: labels of
// letters, digits, hyphens (RFC 1123, section 2.1) and, since they are in use,
// underscores, within the lengths of RFC 1035, section 2.3.4.
func isHostName(s string) bool {
	if len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		for _, c := range []byte(label) {
			if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
				return false
			}
		}
	}
	return true
}
