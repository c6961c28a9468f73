package server

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"wsd/server/host"
)

// redirectHandler redirects requests to the same host at port, with https if tls is
// set, and keeps path and query.
//
// The status is 307: the method and the body stay (unlike 301 and 302), and it
// is not cached (unlike 301 and 308, which a browser may follow for years after
// the port has changed or TLS is gone, with no way for the server to take it
// back).
//
// The Location is built from parsed parts: a Host that is not a plain host and port
// is answered with 400, so that it can't smuggle in user information, a path or
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
		if isLast(r) {
			w.Header().Set("Connection", "close")
		}
		defer linger(http.NewResponseController(w), r)
		name, _, ok := host.Split(r.Host)
		if !ok {
			http.Error(w, "bad Host header", http.StatusBadRequest)
			return
		}
		target := url.URL{
			Scheme:     scheme,
			Host:       name + suffix,
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
