package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

	"wsd/server/hint"
)

// usageError is a command line that can't be right on any machine. What could be
// right on another machine, such as a command that is missing on this one, is not
// a usageError.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// usage is a usageError with a hint, which may be empty.
func usage(advice, format string, args ...any) error {
	return &usageError{hinted(advice, format, args...)}
}

// hinted is an error with a hint, which may be empty.
func hinted(advice, format string, args ...any) error {
	return &hint.Error{Err: fmt.Errorf(format, args...), Hint: advice}
}

// fieldFlags replaces the names of fields of server.Config, and of the
// certs.Config in it, with flags in the texts of package server; see hint.Error.
var fieldFlags = strings.NewReplacer(
	"port in {Addresses}", "--port",
	"a host in {Addresses}", "--address",
	"{Addresses}", "--port or --address",
	"{AuthCommand}", "--authcmd",
	"{BasePath}", "--basepath",
	"{Binary}", "--binary",
	"{CertFile}", "--sslcert",
	"{ClientCA}", "--sslca",
	"{HandshakesPerMinute}", "--handshakes-per-ip",
	"{HealthPath}", "--healthpath",
	"{KeyFile}", "--sslkey",
	"{MaxBuffered}", "--maxbuffered",
	"{MaxForks}", "--maxforks",
	"{MaxHeaderBytes}", "--maxheaderbytes",
	"{MaxHeaderCount}", "--maxheadercount",
	"{MaxPerAddress}", "--maxconns-per-ip",
	"{Once}", "--once",
	"{Origins}", "--origin",
	"{PTY}", "--pty",
	"{PassStderr}", "--passstderr",
	"{PasswordFile}", "--htpasswd",
	"{ProxyProtocol}", "--proxyprotocol",
	"{RedirectPort}", "--redirport",
	"{Subprotocols}", "--subprotocol",
	"{TLS}", "--ssl",
	"{TrustProxies}", "--trustproxy",
	"{UnixSocketMode}", "--unixsocket-mode",
	"{UnixSocket}", "--unixsocket",
)

// inFlags is err, which comes from package server, with flags in place of fields.
func inFlags(err error) error {
	if e, ok := err.(*hint.Error); ok {
		return e.Named(fieldFlags)
	}
	return err
}

// exUsage is the status of a process with a wrong command line, as sysexits.h has
// it. It is not 2, with which a Go program ends that has crashed: a service manager
// must be able to tell the two apart, since only one of them is worth a restart.
const exUsage = 64

// exitStatus is the status of a process that ends with err.
func exitStatus(err error) int {
	var u *usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &u):
		return exUsage
	default:
		return 1
	}
}

// report writes err, when there is one, and its hint, when it has one, as one
// line each.
func report(w io.Writer, err error) {
	if err == nil {
		return
	}
	fmt.Fprintf(w, "wsd: error: %s\n", oneLine(err.Error()))
	if advice := hint.Of(err); advice != "" {
		fmt.Fprintf(w, "wsd: hint: %s\n", oneLine(advice))
	}
}

// reportWithin is report, but does not wait for ever for somebody to read it.
func reportWithin(patience time.Duration, w io.Writer, err error) {
	done := make(chan struct{})
	// Ends when w has taken the lines, or with the process.
	go func() { defer close(done); report(w, err) }()
	within(patience, done)
}

// oneLine escapes what a terminal would obey: errors quote the command line,
// which may contain newlines and escape sequences.
func oneLine(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		quoted := strconv.QuoteRune(r)
		b.WriteString(quoted[1 : len(quoted)-1])
	}
	return b.String()
}
