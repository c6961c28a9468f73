package main

import (
	"reflect"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"wsd/server"
)

// flags is the command line. A flag's name is its field's name in lower case
// unless another is given; help is the text that --help prints, complete says what
// its value names, a file or a folder, and empty:"refused" that it must not be empty: a
// variable that is unset by mistake must not open the server to anybody.
type flags struct {
	Port       *int     `group:"Listening" placeholder:"N" help:"TCP port; 80 unless given, 443 with --ssl. 0: any that is free."`
	Address    []string `group:"Listening" empty:"refused" placeholder:"ADDR" sep:"none" help:"Address to listen on, repeatable; all unless given. IPv6 in brackets; may have a port of its own: [::1]:9000."`
	UnixSocket string   `group:"Listening" empty:"refused" placeholder:"PATH" complete:"file" help:"Unix socket to listen on; without --port and --address nothing else is listened on."`
	RedirPort  int      `group:"Listening" placeholder:"N" help:"Plain HTTP requests to this port are redirected to the main port."`

	SSL     bool   `group:"TLS" help:"TLS on every listener; makes a self-signed certificate unless one is given."`
	SSLCert string `group:"TLS" empty:"refused" placeholder:"FILE" complete:"file" help:"Certificate, PEM."`
	SSLKey  string `group:"TLS" empty:"refused" placeholder:"FILE" complete:"file" help:"Its private key, PEM."`
	SSLCA   string `group:"TLS" empty:"refused" placeholder:"FILE" complete:"file" help:"Clients must show a certificate signed by this CA, PEM."`

	Dir         string `group:"Backend" placeholder:"DIR" complete:"folder" help:"Instead of COMMAND: every executable below DIR is a backend, at its own URL path."`
	PTY         bool   `group:"Backend" help:"The backend's stdin and stdout are a terminal, for programs that hold back their output on a pipe."`
	Binary      bool   `group:"Backend" help:"Messages are chunks of bytes, not lines of text."`
	PassStderr  bool   `group:"Backend" help:"The client gets stderr too; both streams come tagged, as JSON."`
	Subprotocol string `group:"Backend" empty:"refused" placeholder:"LIST" help:"Subprotocols to choose from, comma-separated, the preferred one first; unless given, the first that the client offers."`
	PassEnv     string `group:"Backend" placeholder:"NAMES" default:"${passenv}" help:"Environment variables that backends inherit from wsd, comma-separated (default: ${default})."`
	CloseMS     int64  `group:"Backend" placeholder:"MS" default:"0" help:"Added to each wait before a stopped backend gets the next signal: SIGINT, SIGTERM, SIGKILL (default: ${default})."`

	User  string `group:"Privileges" empty:"refused" placeholder:"NAME" help:"User to become, and to run backends as, once wsd listens and has read its keys: NAME, NAME:GROUP, or numbers."`
	Group string `group:"Privileges" empty:"refused" placeholder:"NAME" help:"Group to become, with --user; that user's own unless given."`

	MaxForks     int   `group:"Limits" placeholder:"N" default:"1024" help:"Most backends and CGI programs at once; then 429. 0: no limit (default: ${default})."`
	MaxFrameSize int64 `group:"Limits" placeholder:"BYTES" default:"1048576" help:"Largest message from a client. 0: no limit (default: ${default})."`
	MaxBuffered  int64 `group:"Limits" placeholder:"BYTES" default:"268435456" help:"Most memory for half-arrived messages, of all clients together, beyond 64 KiB of each; a client that needs more waits, and the one that has held most for longest is closed with 1013. 0: no limit (default: ${default})."`
	PingMS       int64 `group:"Limits" placeholder:"MS" default:"30000" help:"Time between pings; a client silent for two of them is dropped. 0: no pings (default: ${default})."`

	MaxConnsPerIP   int           `group:"Limits" name:"maxconns-per-ip" placeholder:"N" default:"0" help:"Most WebSockets and CGI programs at once from one client address; then 429. 0: no limit (default: ${default})."`
	HandshakesPerIP int           `group:"Limits" name:"handshakes-per-ip" placeholder:"N" default:"0" help:"Most WebSocket handshakes and logins a minute from one client address; then 429. 0: no limit (default: ${default})."`
	MaxHeaderBytes  int           `group:"Limits" placeholder:"BYTES" default:"65536" help:"Largest header of a request, roughly; then 431 (default: ${default})."`
	MaxHeaderCount  int           `group:"Limits" placeholder:"N" default:"100" help:"Most header fields in a request; then 431. 0: no limit (default: ${default})."`
	IdleTimeout     time.Duration `group:"Limits" placeholder:"TIME" help:"End a session after this time without a message, such as 90s, 10m or 1h30m; never unless given."`
	MaxSession      time.Duration `group:"Limits" placeholder:"TIME" help:"End a session after this time; never unless given."`
	Once            bool          `group:"Limits" help:"Serve one WebSocket, and exit when it has ended."`

	Origin     string `group:"Who may connect" empty:"refused" placeholder:"LIST" help:"Allowed origins, comma-separated: [scheme://]host[:port]; any unless given."`
	SameOrigin bool   `group:"Who may connect" help:"The origin must be the host and port that the request is for."`

	Htpasswd string `group:"Who may connect" empty:"refused" placeholder:"FILE" complete:"file" help:"Require a user and password from this file, made with htpasswd -B, for everything but health checks."`
	AuthCmd  string `group:"Who may connect" empty:"refused" placeholder:"PROGRAM" help:"Run this before each WebSocket, with the backend's environment. Exit status 0 lets the client in, 1 answers 401, 2 answers 403; each line NAME=VALUE that it prints sets a variable for the backend. Arguments are separated by spaces; quote one that has spaces with '…' or \"…\"."`

	StaticDir  string `group:"Plain HTTP" placeholder:"DIR" complete:"folder" help:"Static files for requests that are not WebSockets."`
	CGIDir     string `group:"Plain HTTP" placeholder:"DIR" complete:"folder" help:"CGI programs for requests that are not WebSockets."`
	DevConsole bool   `group:"Plain HTTP" help:"A page to try a backend from the browser, at every URL path that has no file."`

	Header     []string `group:"Headers" placeholder:"LINE" sep:"none" help:"Header for every answer, \"Name: value\"; repeatable."`
	HeaderWS   []string `group:"Headers" name:"header-ws" placeholder:"LINE" sep:"none" help:"For WebSocket upgrades only; repeatable."`
	HeaderHTTP []string `group:"Headers" name:"header-http" placeholder:"LINE" sep:"none" help:"For all other answers; repeatable."`

	TrustProxy     string `group:"Behind a proxy" placeholder:"LIST" help:"Proxies that are believed when they name the client, its scheme and its host: addresses and CIDRs, comma-separated; unix: peers on a Unix socket."`
	ProxyProtocol  bool   `group:"Behind a proxy" help:"Each connection from those proxies begins with a PROXY header, version 1 or 2."`
	BasePath       string `group:"Behind a proxy" placeholder:"PATH" help:"Serve below this URL path, for proxies that keep a prefix."`
	HealthPath     string `group:"Behind a proxy" placeholder:"PATH" help:"URL path for health checks: 200, and 503 while shutting down."`
	UnixSocketMode string `group:"Behind a proxy" empty:"refused" name:"unixsocket-mode" placeholder:"MODE" help:"Permissions of the Unix socket, such as 0660; the umask decides unless given."`

	LogLevel      string `group:"Log" placeholder:"LEVEL" default:"access" enum:"debug,trace,access,info,error,fatal,none" help:"debug, trace, access, info, error, fatal or none (default: ${default})."`
	LogFormat     string `group:"Log" placeholder:"FORMAT" default:"text" enum:"text,json" help:"text or json (default: ${default}). On a terminal, text is for people to read."`
	ReverseLookup bool   `group:"Log" help:"Look up client names in the DNS, for REMOTE_HOST."`

	Version bool `group:"Other" help:"Print the version and exit."`
	Help    bool `group:"Other" short:"h" help:"Print this help and exit."`
	License bool `group:"Other" help:"Print the license and exit."`

	Man        bool    `group:"Other" help:"Print the man page and exit: wsd --man | man -l -."`
	Completion *string `group:"Other" placeholder:"SHELL" enum:"bash,zsh,fish" help:"Print the completion script for bash, zsh or fish, and exit."`

	// Inherited are the sockets that were handed over. They are not flags, but
	// take the place of those about listening.
	Inherited []server.Inherited `kong:"-"`
	// account is what --user and --group stand for; config sets it.
	account *account

	// Command begins with the first word that is not a flag; nothing after that
	// is one.
	Command []string `arg:"" optional:"" passthrough:"partial"`
}

// newParser returns the parser that fills f.
func newParser(f *flags) (*kong.Kong, error) {
	return kong.New(f,
		kong.Name("wsd"),
		kong.FlagNamer(strings.ToLower),
		kong.NoDefaultHelp(), // ours is a flag like any other: it has a group, and --help=false
		kong.Vars{"passenv": defaultPassEnv},
		kong.KindMapper(reflect.Bool, switchValue{}),
		kong.TypeMapper(reflect.TypeFor[time.Duration](), kong.MapperFunc(decodeTime)),
		kong.KindMapper(reflect.Int, kong.MapperFunc(decodeNumber)),
		kong.KindMapper(reflect.Int64, kong.MapperFunc(decodeNumber)),
		kong.KindMapper(reflect.String, kong.MapperFunc(decodeText)),
	)
}

// parse reads a command line, without the program's name. Its errors are all
// usageErrors.
func parse(args []string) (*flags, error) {
	f := new(flags)
	parser, err := newParser(f)
	if err != nil {
		return nil, err // the struct above is wrong; every test of parse fails
	}
	spelled, err := spell(args, parser.Model.Flags)
	if err != nil {
		return nil, err
	}
	if _, err := parser.Parse(spelled); err != nil {
		return nil, &usageError{err}
	}
	// A "--" in front of the command ended the flags. kong leaves it in.
	if len(f.Command) > 0 && f.Command[0] == "--" {
		f.Command = f.Command[1:]
	}
	return f, nil
}
