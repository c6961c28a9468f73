// Package server connects WebSockets to backend processes: it owns the listeners,
// the handshake and the sessions, and answers plain HTTP requests. It knows nothing
// of command-line flags; see Config.
package server

import (
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"
	"unicode"

	"wsd/exec"
	"wsd/server/certs"
	"wsd/server/hint"
)

// Config is everything a Server needs to know. Its fields are plain values: New
// checks them and keeps a copy, and what they refer to must not change afterwards.
// The zero value of a field switches the feature off unless its comment says
// otherwise.
type Config struct {
	// Command is the backend and its arguments. Its first element is a path that
	// can be executed as it is; looking it up in PATH is the caller's job. Either
	// Command or ScriptDir is set, or neither when only plain HTTP requests are
	// served.
	Command []string
	// ScriptDir holds the backends, one executable file for each URL path.
	// It is an absolute path.
	ScriptDir string
	// Env is the part of the server's own environment that is passed on to backends
	// and CGI programs, as KEY=VALUE.
	Env []string
	// PTY gives each backend a terminal for stdin and stdout.
	PTY bool
	// Binary makes messages chunks of bytes instead of lines of text.
	Binary bool
	// PassStderr sends the backend's stderr to the client too, with both streams
	// tagged as JSON. It can't be combined with Binary.
	PassStderr bool

	// StaticDir, CGIDir and DevConsole answer requests that are not upgrades, in
	// the order CGI, static files, console. Both folders are absolute paths.
	StaticDir  string
	CGIDir     string
	DevConsole bool

	// Addresses are the TCP addresses to listen on, as net.Listen takes them.
	Addresses []string
	// UnixSocket is the path of a Unix socket to listen on. UnixSocketMode sets its
	// permissions; 0 leaves them to the umask. UnixSocketOwner sets the owner of
	// its file; nil leaves it with the user of the process.
	UnixSocket      string
	UnixSocketMode  fs.FileMode
	UnixSocketOwner *Owner
	// Inherited are sockets that are listening already, to be served as well.
	Inherited []Inherited
	// RedirectPort is a TCP port on which plain HTTP requests are redirected to the
	// main port of the same IP address.
	RedirectPort int
	// TLS, when not nil, turns on TLS for every listener, except for those that
	// redirect and for inherited ones that are Plain.
	TLS *certs.Config

	// MaxForks bounds the backends and CGI programs that run at once; a request
	// beyond it is answered with 429. 0 means no limit. Other connections have a bound
	// of their own; see maxConns.
	MaxForks int
	// MaxMessage is the largest message accepted from a client, in bytes; a larger
	// one ends the session with 1009. 0 means no limit.
	MaxMessage int64
	// MaxBuffered bounds the memory for messages that have not arrived as a whole,
	// of all clients together, in bytes, but for 64 KiB of each. A client that would
	// take more is not read from until there is some; when that takes longer than a
	// second, the one that has held most for longest is closed with 1013. 0 means no
	// limit.
	MaxBuffered int64
	// MaxPerAddress bounds the WebSockets and CGI programs of one client address,
	// or of one /64 of IPv6; a request beyond it is answered with 429. Its other
	// connections may number 16 more than that; any beyond them is closed at once.
	// 0 means no limit.
	MaxPerAddress int
	// HandshakesPerMinute is the rate, and also the largest burst, of the WebSocket
	// handshakes of such an address, together with the logins in its other
	// requests. Any beyond it is answered with 429. 0 means no limit.
	HandshakesPerMinute int
	// MaxHeaderBytes bounds the size of a request's header, with a few KiB of
	// grace, and MaxHeaderCount the number of its fields; a larger header is
	// answered with 431. 0 means net/http's default for the former and no limit for
	// the latter.
	MaxHeaderBytes, MaxHeaderCount int
	// IdleTimeout ends a session that has carried no message for that long, and
	// MaxSession one that has lasted that long, both with 1001. 0 means never.
	IdleTimeout, MaxSession time.Duration
	// Once serves a single WebSocket: any other is answered with 503, and Run
	// returns when that one has ended.
	Once bool
	// CloseDelay is added to each wait of the ladder that stops a backend.
	CloseDelay time.Duration
	// PingPeriod is the time between two pings; a client that is silent for two
	// periods is dropped. 0 means that no pings are sent.
	PingPeriod time.Duration

	// TrustProxies are the addresses of proxies whose Forwarded, X-Forwarded-For
	// and similar headers are believed about a request's client, scheme, host and
	// port. TrustUnixPeers does the same for anyone who connects to a Unix socket.
	TrustProxies   []netip.Prefix
	TrustUnixPeers bool
	// ProxyProtocol requires each connection from such a proxy to begin with a
	// header of the PROXY protocol, version 1 or 2. It needs TrustProxies or
	// TrustUnixPeers.
	ProxyProtocol bool
	// BasePath is the URL path below which everything is served; any other path is
	// answered with 404.
	BasePath string
	// HealthPath is the URL path, below BasePath or not, that is answered with 200
	// and, once a shutdown has begun, with 503. DrainTime is how long a shutdown
	// goes on serving like that before it closes anything.
	HealthPath string
	DrainTime  time.Duration

	// Subprotocols are those that a WebSocket may use, the preferred ones first: a
	// client gets the first that it offers, or none. Without them, it gets the first
	// of its own.
	Subprotocols []string

	// Origins are the allowed origins, each [scheme://]host[:port], null, or a scheme
	// without a host, such as file://; empty means any. SameOrigin allows only the request's own host and port.
	Origins    []string
	SameOrigin bool
	// PasswordFile is an htpasswd file of bcrypt hashes. Every request but a health
	// check then needs a user name and a password from it.
	PasswordFile string
	// AuthCommand is a program and its arguments, like Command. It runs before each
	// upgrade and decides by its exit status: 0 lets the client in, 1 is answered
	// with 401, 2 with 403, and anything else with 503. With 0, the lines of
	// NAME=VALUE that it has printed are added to the backend's environment.
	//
	// With either of these, or with TLS.ClientCA, requests from other origins are
	// refused unless Origins allows them.
	AuthCommand []string

	// Header is added to every answer, HeaderWS to upgrades only, HeaderHTTP to
	// all answers but upgrades.
	Header, HeaderWS, HeaderHTTP http.Header

	// ReverseLookup sets REMOTE_HOST from reverse DNS, when that answers in time.
	ReverseLookup bool

	// Software is what SERVER_SOFTWARE says, such as "wsd/1.0".
	Software string
	// Log receives the server's log records, at the levels of this package. nil
	// discards them.
	Log *slog.Logger
}

// Owner is the user and the group that own a file, as numeric ids.
type Owner struct{ UID, GID int }

// check refuses values that make no sense, and brings BasePath into its normal
// form, without a slash at its end. Its errors are of type *hint.Error.
func (c *Config) check() error {
	switch {
	case c.Binary && c.PassStderr:
		return &hint.Error{
			Text: "{PassStderr} can't be combined with {Binary}",
			Hint: "{PassStderr} tags lines of text; leave one of the two out",
		}
	case c.PTY && !exec.PTYSupported:
		return &hint.Error{Text: "{PTY}", Err: exec.ErrNoPTY, Hint: "leave {PTY} out; the backend is given pipes"}
	case c.ProxyProtocol && len(c.TrustProxies) == 0 && !c.TrustUnixPeers:
		return &hint.Error{
			Text: "{ProxyProtocol} needs {TrustProxies}",
			Hint: "add {TrustProxies} with the proxy's address: anyone else could send such a header, too",
		}
	case c.UnixSocketMode != 0 && !socketModes:
		return &hint.Error{
			Text: "{UnixSocketMode}: this platform's sockets have no mode",
			Hint: "leave {UnixSocketMode} out; the folder of the socket decides who may connect",
		}
	}
	for _, name := range c.Subprotocols {
		if !IsToken(name) {
			return &hint.Error{
				Text: "{Subprotocols}",
				Err:  fmt.Errorf("%q is not a valid subprotocol name", name),
				Hint: "separate names with commas; a name has no spaces",
			}
		}
	}
	if err := checkURLPath("{HealthPath}", c.HealthPath); err != nil {
		return err
	}
	if err := checkURLPath("{BasePath}", c.BasePath); err != nil {
		return err
	}
	c.BasePath = strings.TrimSuffix(c.BasePath, "/")
	return nil
}

// checkURLPath refuses path, the value of field, if no request could match it. It
// is a decoded path; "" is allowed and means none.
func checkURLPath(field, path string) error {
	fail := func(fault, advice string) error {
		return &hint.Error{Text: field, Err: fmt.Errorf("%q %s", path, fault), Hint: advice}
	}
	switch {
	case path == "":
		return nil
	case !strings.HasPrefix(path, "/"):
		return fail("does not begin with a slash", "write it like /path")
	case strings.ContainsAny(path, `?#%\`) || strings.ContainsFunc(path, unicode.IsControl):
		return fail("has a character that no plain path has", `write it without ?, #, % and \, as it is when decoded`)
	}
	for segment := range strings.SplitSeq(strings.TrimSuffix(path[1:], "/"), "/") {
		if segment == "." || segment == ".." || segment == "" && path != "/" {
			return fail("has a segment that clients remove from a path", "write it without //, . and ..")
		}
	}
	return nil
}
