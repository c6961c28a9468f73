package server

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"wsd/server/hint"
)

// listener is a socket that accepts connections, not yet wrapped in TLS, and how it
// is to be served.
type listener struct {
	net.Listener
	// host is the host of the address as it was configured; "" for all
	// interfaces and for a Unix socket.
	host string
	// tls says that its connections use TLS.
	tls bool
	// redirectTo, when not 0, is the TCP port to which redirectHandler redirects
	// all requests on this listener.
	redirectTo int
	// inherited is the name of a socket that was handed over; see Inherited.
	inherited string
}

// listen opens all listeners of cfg: the inherited ones, Addresses in their order,
// the Unix socket, then those that redirect. If one can't be opened, none stays
// open. The caller closes them; closing a Unix socket that listen has opened
// removes its file.
func listen(cfg *Config) ([]listener, error) {
	open := inherit(cfg)
	fail := func(err error) ([]listener, error) {
		closeAll(open)
		for _, l := range cfg.Inherited {
			l.Close()
		}
		return nil, err
	}
	for _, address := range cfg.Addresses {
		l, err := net.Listen("tcp", address)
		if err != nil {
			return fail(tcpError(address, "port in {Addresses}", err, open))
		}
		host, _, _ := net.SplitHostPort(address) // no error: net.Listen has accepted it
		open = append(open, listener{Listener: l, host: host, tls: cfg.TLS != nil})
	}
	if cfg.UnixSocket != "" {
		l, err := listenUnix(cfg.UnixSocket, cfg.UnixSocketMode, cfg.UnixSocketOwner)
		if err != nil {
			return fail(err)
		}
		open = append(open, listener{Listener: l, tls: cfg.TLS != nil})
	}
	redirects, err := openRedirects(cfg, open)
	if err != nil {
		return fail(err)
	}
	open = append(open, redirects...)
	if len(open) == 0 {
		return nil, errors.New("there is no address to listen on")
	}
	return open, nil
}

func closeAll(listeners []listener) {
	for _, l := range listeners {
		l.Close()
	}
}

// openRedirects returns the listeners of cfg that redirect to mains, but never to
// one that is kept off TLS by its Inherited.Plain.
func openRedirects(cfg *Config, mains []listener) ([]listener, error) {
	mains = slices.DeleteFunc(slices.Clone(mains), func(l listener) bool { return l.tls != (cfg.TLS != nil) })
	redirects, err := inheritRedirects(cfg, mains)
	if err != nil || cfg.RedirectPort == 0 {
		return redirects, err
	}
	more, err := listenRedirects(mains, cfg.RedirectPort)
	return append(redirects, more...), err
}

// listenRedirects opens port on each IP address that mains are bound to, so that
// no interface is opened that they do not serve. If two share an address, the
// first one's port is the target.
func listenRedirects(mains []listener, port int) ([]listener, error) {
	var open []listener
	for _, address := range redirectAddresses(mains, port) {
		l, err := net.Listen("tcp", address.listen)
		if err != nil {
			err = tcpError(address.listen, "{RedirectPort}", err, slices.Concat(mains, open))
			closeAll(open)
			return nil, err
		}
		open = append(open, listener{Listener: l, host: address.host, redirectTo: address.target})
	}
	if len(open) == 0 {
		return nil, &hint.Error{
			Text: "there is no port to redirect to",
			Hint: "{RedirectPort} needs a TCP listener: give {Addresses} too",
		}
	}
	return open, nil
}

type redirectAddress struct {
	listen string // as net.Listen takes it
	host   string // see listener
	target int    // port
}

func redirectAddresses(mains []listener, port int) []redirectAddress {
	var addresses []redirectAddress
	seen := map[netip.Addr]bool{}
	for _, l := range mains {
		bound, ok := l.tcpAddr()
		if !ok {
			continue
		}
		ip := bound.Addr()
		if ip.IsUnspecified() {
			// It covers all others, which could not be bound alongside it.
			all := net.JoinHostPort("", strconv.Itoa(port))
			return []redirectAddress{{all, "", int(bound.Port())}}
		}
		if !seen[ip] {
			seen[ip] = true
			address := net.JoinHostPort(ip.String(), strconv.Itoa(port))
			addresses = append(addresses, redirectAddress{address, l.host, int(bound.Port())})
		}
	}
	return addresses
}

// tcpAddr returns the address that l is bound to, if that is a TCP address.
func (l listener) tcpAddr() (netip.AddrPort, bool) {
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}, false
	}
	bound := addr.AddrPort()
	return netip.AddrPortFrom(bound.Addr().Unmap(), bound.Port()), true
}

// names returns the host that l was configured with and the IP address it is bound
// to, for certs.Open. There are none for all interfaces and for a Unix socket.
func (l listener) names() []string {
	bound, ok := l.tcpAddr()
	if !ok || bound.Addr().IsUnspecified() {
		return nil
	}
	return []string{l.host, bound.Addr().String()}
}

// url is where a person on this machine can reach l.
func (l listener) url() string {
	bound, ok := l.tcpAddr()
	if !ok {
		return "unix:" + l.Addr().String()
	}
	u := url.URL{Scheme: "http", Path: "/"}
	if l.tls {
		u.Scheme = "https"
	}
	host := l.host
	if bound.Addr().IsUnspecified() {
		host = "localhost"
	}
	u.Host = net.JoinHostPort(host, strconv.Itoa(int(bound.Port())))
	return u.String()
}

// record is what the log says about l.
func (l listener) record() []any {
	attrs := []any{"url", l.url()}
	if l.redirectTo != 0 {
		attrs = append(attrs, "redirects_to", l.redirectTo)
	}
	if l.inherited != "" {
		attrs = append(attrs, "inherited", l.inherited)
	}
	return attrs
}

// tcpError says why address can't be listened on, with advice. setting is where its
// port comes from; open are the listeners opened so far.
func tcpError(address, setting string, err error, open []listener) error {
	_, text, _ := net.SplitHostPort(address)
	port, _ := strconv.Atoi(text)
	advice := "check {Addresses}"
	var dns *net.DNSError
	switch {
	case errors.Is(err, errAddressInUse) && holdsPort(open, port):
		advice = "another address of this server has this port already: leave one of them out, or change its port"
	case errors.Is(err, errAddressInUse):
		advice = "another program is listening there: stop it, or choose another " + setting
	case isPermission(err) && port < 1024:
		advice = "ports below 1024 need a privilege: choose another " + setting + ", put a proxy in front, or on Linux " +
			"give the program the right once: setcap cap_net_bind_service=+ep FILE"
	case isPermission(err):
		advice = "the system reserves this port: choose another " + setting
	case errors.Is(err, errAddressNotHere), errors.As(err, &dns):
		advice = "a host in {Addresses} must be an address of this machine; without one the server listens on all of them"
	}
	return &hint.Error{Err: fmt.Errorf("listening on %s: %w", address, reason(err)), Hint: advice}
}

func holdsPort(open []listener, port int) bool {
	for _, l := range open {
		if bound, ok := l.tcpAddr(); ok && int(bound.Port()) == port {
			return true
		}
	}
	return false
}

// reason strips what package net puts around the cause: the name of a system call,
// and the address again.
func reason(err error) error {
	var call *os.SyscallError
	if errors.As(err, &call) {
		return call.Err
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// unixListener removes its file when it is closed, but never a file that
// another server has put in its place.
type unixListener struct {
	*net.UnixListener
	path   string
	made   os.FileInfo // nil when there is no file, as for Linux's abstract names
	remove sync.Once
}

func (l *unixListener) Close() error {
	l.remove.Do(func() {
		if found, err := os.Lstat(l.path); err == nil && os.SameFile(found, l.made) && found.ModTime().Equal(l.made.ModTime()) {
			os.Remove(l.path)
		}
	})
	return l.UnixListener.Close()
}

// listenUnix listens on a Unix socket at path, after removing the file that a
// previous server has left there. The socket has the permissions mode from the
// moment it exists; 0 leaves them to the umask. With a nil owner it belongs to the
// user of the process.
func listenUnix(path string, mode fs.FileMode, owner *Owner) (net.Listener, error) {
	if err := removeStale(path); err != nil {
		return nil, err
	}
	var l *net.UnixListener
	err := withMode(mode, func() (err error) {
		l, err = net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: path})
		return err
	})
	if err != nil {
		return nil, unixError(path, err)
	}
	l.SetUnlinkOnClose(false) // it would remove whatever is at path
	made, err := os.Lstat(path)
	if err != nil {
		made = nil
	}
	if made == nil && mode != 0 {
		l.Close()
		return nil, &hint.Error{
			Err:  fmt.Errorf("listening on unix:%s: a socket without a file has no mode", path),
			Hint: "leave {UnixSocketMode} out, or choose a path in a folder",
		}
	}
	listener := &unixListener{UnixListener: l, path: path, made: made}
	if made != nil && owner != nil {
		if err := giveAway(path, made, *owner); err != nil {
			listener.Close()
			return nil, fmt.Errorf("giving unix:%s to its user: %w", path, err)
		}
	}
	return listener, nil
}

// removeStale removes a Unix socket on which nobody listens. Anything else at path
// stays and is an error. A path that can't be examined is left to bind(2), which
// says why.
//
// A socket between another server's bind(2) and listen(2) can't be told from a
// stale one; servers that share a path must not be started at the same instant.
func removeStale(path string) error {
	found, err := os.Lstat(path)
	if err != nil {
		return nil
	}
	if found.Mode().Type() != fs.ModeSocket {
		return &hint.Error{
			Err:  fmt.Errorf("listening on unix:%s: the file there is not a socket", path),
			Hint: "it was left alone: choose another {UnixSocket}, or remove it yourself",
		}
	}
	conn, err := net.DialTimeout("unix", path, time.Second)
	switch {
	case err == nil:
		conn.Close()
		return unixError(path, errAddressInUse)
	case errors.Is(err, errRefused):
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return &hint.Error{
				Err:  fmt.Errorf("removing a stale socket: %w", err),
				Hint: "no server listens on it any more: remove it yourself",
			}
		}
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return nil
	default:
		return &hint.Error{
			Err:  fmt.Errorf("finding out whether a server listens on unix:%s: %w", path, reason(err)),
			Hint: "if none does, remove the socket yourself",
		}
	}
}

// unixError says why path can't be listened on, with advice.
func unixError(path string, err error) error {
	advice := "check {UnixSocket}"
	switch {
	case errors.Is(err, errAddressInUse):
		advice = "another server is listening there: stop it, or choose another {UnixSocket}"
	case errors.Is(err, syscall.EINVAL):
		// package net's own check of the length
		err = fmt.Errorf("a path of %d bytes is too long for a socket", len(path))
		advice = "a socket's path may have about 100 bytes: choose a shorter {UnixSocket}"
	case errors.Is(err, fs.ErrNotExist):
		advice = "the folder must exist: make it first"
	case isPermission(err):
		advice = "the user who runs the server must be able to write to the folder"
	}
	return &hint.Error{Err: fmt.Errorf("listening on unix:%s: %w", path, reason(err)), Hint: advice}
}
