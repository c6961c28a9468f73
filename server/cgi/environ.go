// Package cgi runs programs through the Common Gateway Interface (RFC 3875): it
// finds the program for a URL path, makes its environment, and relays its answer.
// The backends of WebSockets get that environment, too.
package cgi

import (
	"net/http"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Request is what an environment is made of: an HTTP request, its script, and what
// the server has found out about both. It is plain values and belongs to the caller.
type Request struct {
	// HTTP gives the method, protocol, query, headers, the body's length and the
	// client's certificate. Nothing else in it is used.
	HTTP   *http.Request
	Script Script
	// IsCGI tells a CGI program from a backend: it reads the request's body, so
	// it is told the body's length and type, and SCRIPT_FILENAME.
	IsCGI bool

	URI   string // REQUEST_URI: path and query as the client asked for them
	HTTPS bool   // the client asked for https
	// ServerName and ServerPort are what the client asked for. An IPv6 address has
	// its brackets (RFC 3875, section 4.1.14).
	ServerName, ServerPort string
	// RemoteAddr is the client's IP address, and RemotePort its port; each is empty
	// when it is not known.
	RemoteAddr, RemotePort string
	// RemoteHost is the client's name from reverse DNS; empty when it is not known,
	// and REMOTE_HOST is then the address (RFC 3875, section 4.1.9).
	RemoteHost string
	// User is who has logged in with a password that the server has checked, or
	// "".
	User string
	// Subprotocol is the one that a backend's WebSocket uses, or "" for none. It takes
	// the place of all those that the client has offered.
	Subprotocol string

	Software string // SERVER_SOFTWARE
	ID       string // UNIQUE_ID
	// DocumentRoot is the folder that PATH_TRANSLATED leads into; empty when URL
	// paths do not stand for files.
	DocumentRoot string
	// Env is passed on as it is, each KEY=VALUE.
	Env []string
}

// Environ is the environment of a backend or CGI program (RFC 3875, section 4.1,
// and what websocketd adds): nothing but the variables of the request and those
// of r.Env, each name once. It is a function of r alone.
//
// The server's own variables win over r.Env, and r.Env wins over the client's
// HTTP_* variables: a header must not change what the operator passed on. They
// are in order of precedence, lowest first, since Windows ignores the case of
// names and os/exec keeps the last of two.
func Environ(r *Request) []string {
	meta := metaVariables(r)
	taken := make(map[string]bool, 2*len(meta))
	for _, kv := range meta {
		taken[variableName(kv)] = true
	}
	passed := without(r.Env, taken)
	headers := without(headerVariables(r), taken)
	return slices.Concat(headers, passed, meta)
}

// without returns the variables of env whose names are not taken yet, and marks
// them as taken. What is not KEY=VALUE is left out.
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

// metaVariables are the request meta-variables of RFC 3875, section 4.1, except
// those that come from headers, plus REMOTE_PORT, REQUEST_URI, UNIQUE_ID and
// HTTPS. A variable without a value is set all the same, as with websocketd.
func metaVariables(r *Request) []string {
	remoteHost := strings.TrimSuffix(r.RemoteHost, ".") // DNS ends a full name with a dot
	if remoteHost == "" {
		remoteHost = r.RemoteAddr
	}
	var length, contentType, authType string
	if r.IsCGI && r.HTTP.ContentLength != 0 {
		contentType = r.HTTP.Header.Get("Content-Type")
		if r.HTTP.ContentLength > 0 {
			length = strconv.FormatInt(r.HTTP.ContentLength, 10)
		}
	}
	if r.User != "" {
		authType = "Basic"
	}
	env := make([]string, 0, 26)
	set := func(name, value string) { env = append(env, name+"="+oneLine(value)) }
	set("SERVER_SOFTWARE", r.Software)
	set("GATEWAY_INTERFACE", "CGI/1.1")
	set("SERVER_PROTOCOL", r.HTTP.Proto)
	set("SERVER_NAME", r.ServerName)
	set("SERVER_PORT", r.ServerPort)
	set("REQUEST_METHOD", r.HTTP.Method)
	set("REQUEST_URI", r.URI)
	set("SCRIPT_NAME", r.Script.Name)
	set("PATH_INFO", r.Script.PathInfo)
	set("PATH_TRANSLATED", translate(r.DocumentRoot, r.Script.PathInfo))
	set("QUERY_STRING", r.HTTP.URL.RawQuery)
	set("REMOTE_ADDR", r.RemoteAddr)
	set("REMOTE_HOST", remoteHost)
	set("REMOTE_PORT", r.RemotePort)
	set("REMOTE_IDENT", "")
	set("REMOTE_USER", r.User)
	set("AUTH_TYPE", authType)
	set("CONTENT_LENGTH", length)
	set("CONTENT_TYPE", contentType)
	set("UNIQUE_ID", r.ID)
	if r.HTTPS {
		set("HTTPS", "on")
	}
	env = append(env, certVariables(r.HTTP.TLS)...)
	if r.IsCGI {
		set("SCRIPT_FILENAME", r.Script.Path)
	}
	return env
}

// headerVariables are the HTTP_* variables of the request's headers (RFC 3875,
// section 4.1.18), sorted by name. Authorization is among them unless the server
// has checked it: backends that check it themselves need it.
func headerVariables(r *Request) []string {
	env := make([]string, 0, 1+len(r.HTTP.Header))
	if r.HTTP.Host != "" {
		env = append(env, "HTTP_HOST="+oneLine(r.HTTP.Host)) // net/http takes it out of the headers
	}
	for name, values := range r.HTTP.Header {
		variable, ok := headerVariable(name)
		if variable == "HTTP_SEC_WEBSOCKET_PROTOCOL" && !r.IsCGI {
			values, ok = []string{r.Subprotocol}, r.Subprotocol != ""
		}
		if !ok || variable == "HTTP_AUTHORIZATION" && r.User != "" {
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
// header that must not have one.
func headerVariable(header string) (name string, ok bool) {
	name = strings.ToUpper(header)
	for _, c := range []byte(name) {
		// This is above all about underscores: X_Foo would pass for X-Foo, which
		// a proxy may set or strip.
		if !('A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-') {
			return "", false
		}
	}
	// HTTP_PROXY tells many libraries which proxy to use: CVE-2016-5385 and the
	// like. Host is in r.HTTP.Host.
	if name == "" || name == "PROXY" || name == "HOST" {
		return "", false
	}
	return "HTTP_" + strings.ReplaceAll(name, "-", "_"), true
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
// join what they separate. All other bytes stay, UTF-8 or not.
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
