package server

import (
	"net"
	"net/http"
	"net/netip"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// requestFacts is what environ must know beside the request and its script.
type requestFacts struct {
	software string // SERVER_SOFTWARE
	uniqueID string // UNIQUE_ID
	// remoteHost is the client's name from reverse DNS; empty when it is not
	// known, and REMOTE_HOST is then the address (RFC 3875, section 4.1.9).
	remoteHost string
	// documentRoot is the folder that PATH_TRANSLATED leads into; empty when
	// URL paths stand for no files.
	documentRoot string
	// env is passed on as it is, each KEY=VALUE (Config.Env).
	env []string
	// cgi tells a CGI program from a backend: it reads the request's body, so
	// it is told its length and type, and it is told SCRIPT_FILENAME.
	cgi bool
}

// environ is the environment of a backend or CGI program (RFC 3875, section 4.1,
// and what websocketd adds): nothing but the variables of the request and those
// of facts.env, each name once. It is a function of its arguments alone.
//
// The server's own variables win over facts.env, and facts.env wins over the
// client's HTTP_* variables: a header must not change what the operator passed
// on. They stand in the order of their strength, weakest first, since Windows
// ignores the case of names and os/exec keeps the last of two.
func environ(r *httpRequest, s script, facts requestFacts) []string {
	meta := metaVariables(r, s, facts)
	taken := make(map[string]bool)
	for _, kv := range meta {
		taken[variableName(kv)] = true
	}
	passed := without(facts.env, taken)
	headers := without(headerVariables(r), taken)
	return slices.Concat(headers, passed, meta)
}

// without returns the variables of env whose names are not taken yet, and takes
// them. What is not KEY=VALUE is left out.
func without(env []string, taken map[string]bool) []string {
	var kept []string
	for _, kv := range env {
		name := variableName(kv)
		if name != "" && !taken[name] {
			taken[name] = true
			kept = append(kept, kv)
		}
	}
	return kept
}

// variableName is the KEY of KEY=VALUE, or "" when kv is something else.
func variableName(kv string) string {
	name, _, ok := strings.Cut(kv, "=")
	if !ok {
		return ""
	}
	return name
}

// metaVariables are the request meta-variables of RFC 3875, section 4.1, but
// for those that come from headers, and REMOTE_PORT, REQUEST_URI, UNIQUE_ID and
// HTTPS. A variable without a value is set all the same, as with websocketd.
func metaVariables(r *httpRequest, s script, facts requestFacts) []string {
	serverName, serverPort := serverAddress(r)
	remoteAddr := r.client.addrText()
	remoteHost := strings.TrimSuffix(facts.remoteHost, ".") // DNS ends a full name with a dot
	if remoteHost == "" {
		remoteHost = remoteAddr
	}
	var length, contentType string
	if facts.cgi && r.ContentLength != 0 {
		contentType = r.Header.Get("Content-Type")
		if r.ContentLength > 0 {
			length = strconv.FormatInt(r.ContentLength, 10)
		}
	}
	var env []string
	set := func(name, value string) { env = append(env, name+"="+oneLine(value)) }
	set("SERVER_SOFTWARE", facts.software)
	set("GATEWAY_INTERFACE", "CGI/1.1")
	set("SERVER_PROTOCOL", r.Proto)
	set("SERVER_NAME", serverName)
	set("SERVER_PORT", serverPort)
	set("REQUEST_METHOD", r.Method)
	set("REQUEST_URI", r.asked.RequestURI())
	set("SCRIPT_NAME", s.name)
	set("PATH_INFO", s.pathInfo)
	set("PATH_TRANSLATED", translate(facts.documentRoot, s.pathInfo))
	set("QUERY_STRING", r.URL.RawQuery)
	set("REMOTE_ADDR", remoteAddr)
	set("REMOTE_HOST", remoteHost)
	set("REMOTE_PORT", r.client.port)
	set("REMOTE_IDENT", "")
	set("REMOTE_USER", r.user)
	set("AUTH_TYPE", authType(r))
	set("CONTENT_LENGTH", length)
	set("CONTENT_TYPE", contentType)
	set("UNIQUE_ID", facts.uniqueID)
	if r.client.scheme == "https" {
		set("HTTPS", "on")
	}
	env = append(env, certVariables(r.TLS)...)
	if facts.cgi {
		set("SCRIPT_FILENAME", s.path)
	}
	return env
}

// authType is AUTH_TYPE: how the server itself has found out REMOTE_USER.
func authType(r *httpRequest) string {
	if r.user == "" {
		return ""
	}
	return "Basic"
}

// headerVariables are the HTTP_* variables of the request's headers (RFC 3875,
// section 4.1.18), sorted by name. Authorization is among them unless the server
// has checked it: backends that check it themselves need it.
func headerVariables(r *httpRequest) []string {
	var env []string
	if r.Host != "" {
		env = append(env, "HTTP_HOST="+oneLine(r.Host)) // net/http takes it out of the headers
	}
	for name, values := range r.Header {
		variable, ok := headerVariable(name)
		if !ok || variable == "HTTP_AUTHORIZATION" && r.user != "" {
			continue
		}
		separator := ", " // RFC 9110, section 5.3
		if variable == "HTTP_COOKIE" {
			separator = "; " // RFC 9113, section 8.2.3
		}
		env = append(env, variable+"="+oneLine(strings.Join(values, separator)))
	}
	slices.Sort(env)
	return env
}

// headerVariable is the name of the variable for a header; ok is false for a
// header that must have none.
func headerVariable(header string) (name string, ok bool) {
	name = strings.ToUpper(header)
	for _, c := range []byte(name) {
		// An underscore above all: X_Foo would pass for X-Foo, which a proxy
		// may set or strip.
		if !('A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-') {
			return "", false
		}
	}
	// HTTP_PROXY tells many libraries which proxy to use: CVE-2016-5385 and its
	// kin. Host is r.Host.
	if name == "" || name == "PROXY" || name == "HOST" {
		return "", false
	}
	return "HTTP_" + strings.ReplaceAll(name, "-", "_"), true
}

// serverAddress is SERVER_NAME and SERVER_PORT: those that the client asked for,
// or of the address that took the request when there is no host, or none that a
// program could use unseen. An IPv6 address has its brackets (RFC 3875,
// section 4.1.14).
func serverAddress(r *httpRequest) (name, port string) {
	name, port, ok := splitHost(r.client.host)
	if !ok {
		name, port = localAddress(r.Request)
	}
	if port == "" {
		port = defaultPort(r.client.scheme)
	}
	return name, port
}

// localAddress is the address of the listener's side of the connection, and
// localhost for one that has no IP address, such as a Unix socket.
func localAddress(r *http.Request) (name, port string) {
	if addr, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		if ap, err := netip.ParseAddrPort(addr.String()); err == nil {
			local := netip.AddrPortFrom(ap.Addr().Unmap().WithZone(""), ap.Port())
			if name, port, ok := splitHost(local.String()); ok {
				return name, port
			}
		}
	}
	return "localhost", ""
}

// translate is PATH_TRANSLATED (RFC 3875, section 4.1.6): the file below root
// that pathInfo would name. It is empty when there is no pathInfo or no root, so
// that a client's /etc/passwd never looks like a file the server chose.
func translate(root, pathInfo string) string {
	if root == "" || pathInfo == "" {
		return ""
	}
	rel := strings.TrimPrefix(path.Clean("/"+pathInfo), "/")
	if rel == "" {
		return root
	}
	local, err := filepath.Localize(rel)
	if err != nil {
		return ""
	}
	return filepath.Join(root, local)
}

// oneLine makes a value fit for one line of an environment: newlines and NULs,
// which no environment can hold, become spaces. Leaving them out instead would
// join what they part. All other bytes stay, UTF-8 or not.
func oneLine(value string) string {
	if !strings.ContainsAny(value, "\r\n\x00") {
		return value
	}
	line := []byte(value)
	for i, c := range line {
		if c == '\r' || c == '\n' || c == 0 {
			line[i] = ' '
		}
	}
	return string(line)
}
