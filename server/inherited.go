package server

import (
	"fmt"
	"net"

	"wsd/server/hint"
)

// Inherited is a listening socket that a service manager opened and handed over.
// The server closes its own copy of it, and never removes the file of a Unix
// socket, which is not the server's.
type Inherited struct {
	// Listener is a *net.TCPListener, or a *net.UnixListener that does not
	// unlink on close.
	net.Listener
	// Name is what the service manager calls it, for the log.
	Name string
	// Plain keeps TLS off this socket when the others have it.
	Plain bool
	// Redirect is for a socket that only redirects to the main TCP port, as
	// RedirectPort does.
	Redirect bool
}

// inherit returns the listeners of cfg.Inherited, except those that redirect.
func inherit(cfg *Config) []listener {
	var mains []listener
	for _, in := range cfg.Inherited {
		if !in.Redirect {
			l := in.listener()
			l.tls = cfg.TLS != nil && !in.Plain
			mains = append(mains, l)
		}
	}
	return mains
}

// inheritRedirects returns the listeners of cfg.Inherited that redirect. Their
// target is the first TCP port of mains, since nothing says which of several a
// socket belongs to.
func inheritRedirects(cfg *Config, mains []listener) ([]listener, error) {
	target := 0
	for _, l := range mains {
		if bound, ok := l.tcpAddr(); ok {
			target = int(bound.Port())
			break
		}
	}
	var redirects []listener
	for _, in := range cfg.Inherited {
		if !in.Redirect {
			continue
		}
		if target == 0 {
			return nil, &hint.Error{
				Err:  fmt.Errorf("the inherited socket %q has no TCP port to redirect to", in.Name),
				Hint: "hand over a TCP socket of another name too, or give {Addresses}",
			}
		}
		l := in.listener()
		l.redirectTo = target
		redirects = append(redirects, l)
	}
	return redirects, nil
}

// listener returns in as a listener with neither TLS nor a redirect.
func (in Inherited) listener() listener {
	l := listener{Listener: in.Listener, inherited: in.Name}
	if bound, ok := l.tcpAddr(); ok && !bound.Addr().IsUnspecified() {
		l.host = bound.Addr().String()
	}
	return l
}
