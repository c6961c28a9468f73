// Package guard decides who may connect: which web pages, by their origin, and
// which users, by a password or by the decision of a program. Its decisions are
// values and errors; answering the request is up to the caller.
package guard

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"wsd/server/hint"
	"wsd/server/host"
	"wsd/server/proxy"
)

// Origins decides which web pages may make a request: those at the origins of a
// list, those at the server's own, or, with neither restriction, all. It does not
// change, and may be used concurrently.
type Origins struct {
	allowed       []webOrigin
	same, guarded bool
}

// NewOrigins makes an Origins. allowed are origins, each [scheme://]host[:port],
// "null", or a scheme without a host, such as file://; the error, which has a hint, names the first that is not. same
// allows only the request's own host and port. guarded says that browsers send
// along what lets a request in, whichever page makes it: unless something else is
// given, same then holds, and plain requests that may change something are
// checked, too.
func NewOrigins(allowed []string, same, guarded bool) (*Origins, error) {
	entries, err := parseOrigins(allowed)
	if err != nil {
		return nil, err
	}
	return &Origins{entries, same, guarded}, nil
}

// guardedHint is for an operator who has set nothing about origins, and whose page
// is refused.
const guardedHint = "any page could use the passwords, cookies and certificates that browsers send along: " +
	"list the origins that may connect in {Origins}"

// CheckUpgrade returns nil if the page that asks for a WebSocket may have it, and
// otherwise an error that says why not. It has a hint where the operator may not
// expect it.
func (o *Origins) CheckUpgrade(r *http.Request, c proxy.Client) error {
	implied := o.guarded && len(o.allowed) == 0 && !o.same
	err := checkOrigin(Origin(r), c.BrowserScheme(), c.Host, o.allowed, o.same || implied)
	if err != nil && implied {
		return &hint.Error{Err: err, Hint: guardedHint}
	}
	return err
}

// CheckPlain returns nil if the page that makes a plain request may do so, and
// otherwise an error with a hint. It checks only requests whose method may change
// something (RFC 9110 9.2.1), such as those of a CGI program's form: only the
// server's own pages and the listed ones may make them.
func (o *Origins) CheckPlain(r *http.Request, c proxy.Client) error {
	if !o.guarded {
		return nil
	}
	asked := *r
	asked.Host = c.Host
	err := new(http.CrossOriginProtection).Check(&asked)
	if err == nil {
		return nil
	}
	origin := r.Header.Get("Origin")
	if origin != "" && len(o.allowed) > 0 && checkOrigin(origin, "", "", o.allowed, false) == nil {
		return nil
	}
	return &hint.Error{Err: err, Hint: guardedHint}
}

// Origin is the request's Origin header. Browsers send at most one (RFC 6454
// 7.3). Several are joined to an invalid one, since a program might use a
// different one than the guards.
func Origin(r *http.Request) string { return strings.Join(r.Header.Values("Origin"), ", ") }

// webOrigin is an origin as browsers serialise it (RFC 6454, section 6.2), in
// its normal form: scheme and host in lower case, the port always a number. The
// zero value is the opaque origin "null". The host is empty in file:// and in
// others of schemes without hosts. In an entry of the allowed list an empty scheme
// stands for any scheme, and an empty port for any port.
type webOrigin struct {
	scheme, host, port string
}

// checkOrigin returns nil if a page with the given Origin header may open a
// WebSocket at the given Host header, and otherwise an error that says why not
// and is fit for a log.
//
// A request without an Origin does not come from a browser and is allowed: the
// check protects people from pages that use their browser, and anything else
// could send whatever Origin it likes. With both restrictions on, an origin must
// pass both, as with websocketd.
//
// same compares host and port, and the scheme that the browser used if it is
// known. Where it is "", TLS may have ended at a proxy: a Host without a port
// takes the default port of the Origin's scheme. Hosts are compared as browsers
// do: without regard to case, and a trailing dot makes a different host.
func checkOrigin(origin, scheme, host string, allowed []webOrigin, same bool) error {
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
	if len(allowed) > 0 && !slices.ContainsFunc(allowed, from.isCovered) {
		return fmt.Errorf("origin %.255q is not allowed", origin)
	}
	return nil
}

// parseOrigins reads the entries of the allowed list. The error, which has a hint,
// names the first that is nothing of what NewOrigins takes, and so could allow no
// origin at all.
func parseOrigins(list []string) ([]webOrigin, error) {
	var entries []webOrigin
	for _, s := range list {
		entry, ok := parseOriginEntry(s)
		if !ok {
			return nil, &hint.Error{
				Text: "{Origins}",
				Err:  fmt.Errorf("%q is not [scheme://]host[:port]", s),
				Hint: originHint(s),
			}
		}
		entries = append(entries, entry)
	}
	return entries, nil
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
// that a Host header names. An origin like app://localhost, whose scheme has no
// default port, is never there.
func (o webOrigin) isAt(scheme, hostHeader string) bool {
	name, port, ok := host.Split(hostHeader)
	if port == "" {
		port = host.DefaultPort(o.scheme)
	}
	return ok && port != "" && name == o.host && port == o.port && (scheme == "" || scheme == o.scheme)
}

// isCovered says whether entry, of the allowed list, allows the origin o.
func (o webOrigin) isCovered(entry webOrigin) bool {
	null := webOrigin{}
	if entry == null || o == null {
		return entry == o
	}
	return entry.host == o.host && (entry.scheme == "" || entry.scheme == o.scheme) && (entry.port == "" || entry.port == o.port)
}

// parseOrigin reads an Origin header: "null", scheme://host[:port], or scheme:// as
// file: pages have it, with nothing before, after or in between. ok is false for whatever a browser would
// not send.
func parseOrigin(s string) (o webOrigin, ok bool) {
	if s == "null" {
		return webOrigin{}, true
	}
	scheme, rest, found := strings.Cut(s, "://")
	if !found || !isScheme(scheme) || strings.HasSuffix(rest, ":") {
		return webOrigin{}, false
	}
	o.scheme = strings.ToLower(scheme)
	if rest == "" {
		return o, host.DefaultPort(o.scheme) == ""
	}
	o.host, o.port, ok = host.Split(rest)
	if o.port == "" {
		o.port = host.DefaultPort(o.scheme)
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
	if found && rest == "" {
		return entry, host.DefaultPort(entry.scheme) == ""
	}
	entry.host, entry.port, ok = host.Split(rest)
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
