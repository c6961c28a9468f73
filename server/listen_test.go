package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"wsd/server/certs"
	"wsd/server/hint"
	"wsd/server/servertest"
)

// openAll is listen for a config that must work; the listeners close with the
// test.
func openAll(t *testing.T, cfg *Config) []listener {
	t.Helper()
	ls, err := listen(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeAll(ls) })
	return ls
}

// socketPath is short: a socket's path may have 103 bytes on some systems, which
// t.TempDir alone can exceed.
func socketPath(t *testing.T) string { t.Helper(); return filepath.Join(servertest.Dir(t), "s") }

func needIPv6(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no IPv6 here: %v", err)
		}
		t.Skipf("no IPv6 here: %v", err)
	}
	l.Close()
}

// wantHint fails unless err says text, with such a hint.
func wantHint(t *testing.T, err error, text, advice string) {
	t.Helper()
	if hint.Of(err) == "" {
		t.Fatalf("got %v, want an error with a hint", err)
	}
	if !strings.Contains(err.Error(), text) || !strings.Contains(hint.Of(err), advice) {
		t.Errorf("error: %s\nhint: %s\nwant %q and %q", err, hint.Of(err), text, advice)
	}
}

func TestListenTCP(t *testing.T) {
	t.Parallel()
	ls := openAll(t, &Config{Addresses: []string{"127.0.0.1:0", "localhost:0"}, TLS: &certs.Config{}})
	if len(ls) != 2 {
		t.Fatalf("%d listeners, want 2", len(ls))
	}
	for _, l := range ls {
		bound, _ := l.tcpAddr()
		if want := fmt.Sprintf("https://%s:%d/", l.host, bound.Port()); l.url() != want || bound.Port() == 0 {
			t.Errorf("url %s, want %s", l.url(), want)
		}
		conn := servertest.Connect(t, l.Addr().String())
		conn.Close()
		if !l.tls || l.redirectTo != 0 {
			t.Errorf("%s: tls %v, redirect to %d", l.url(), l.tls, l.redirectTo)
		}
	}
}

func TestListenIPv6(t *testing.T) {
	t.Parallel()
	needIPv6(t)
	l := openAll(t, &Config{Addresses: []string{"[::1]:0"}})[0]
	bound, _ := l.tcpAddr()
	if want := fmt.Sprintf("http://[::1]:%d/", bound.Port()); l.url() != want {
		t.Errorf("url %s, want %s", l.url(), want)
	}
}

// boundTo is a listener that is nowhere but says where it is: tests open no
// socket on all interfaces.
type boundTo struct{ addr net.Addr }

func (b boundTo) Accept() (net.Conn, error) { return nil, net.ErrClosed }
func (b boundTo) Close() error              { return nil }
func (b boundTo) Addr() net.Addr            { return b.addr }

func bound(t *testing.T, address string) boundTo {
	t.Helper()
	addr, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return boundTo{addr}
}

func TestListenerURLAndNames(t *testing.T) {
	t.Parallel()
	unix := boundTo{&net.UnixAddr{Net: "unix", Name: "/run/wsd.sock"}}
	tests := []struct {
		l     listener
		url   string
		names string
	}{
		{listener{Listener: bound(t, "[::]:8080")}, "http://localhost:8080/", ""},
		{listener{Listener: bound(t, "0.0.0.0:80"), host: "0.0.0.0"}, "http://localhost:80/", ""},
		{listener{Listener: bound(t, "[::]:443"), host: "::", tls: true}, "https://localhost:443/", ""},
		{listener{Listener: bound(t, "127.0.0.1:80"), host: "localhost"}, "http://localhost:80/", "localhost 127.0.0.1"},
		{listener{Listener: bound(t, "[::1]:9000"), host: "::1", tls: true}, "https://[::1]:9000/", "::1 ::1"},
		{listener{Listener: bound(t, "[fe80::1%3]:9000"), host: "fe80::1%3"}, "http://[fe80::1%253]:9000/", "fe80::1%3 fe80::1%3"},
		{listener{Listener: bound(t, "[::ffff:192.0.2.1]:1"), host: "192.0.2.1"}, "http://192.0.2.1:1/", "192.0.2.1 192.0.2.1"},
		{listener{Listener: unix, tls: true}, "unix:/run/wsd.sock", ""},
	}
	for _, test := range tests {
		if got := test.l.url(); got != test.url {
			t.Errorf("url %s, want %s", got, test.url)
		}
		if got := strings.Join(test.l.names(), " "); got != test.names {
			t.Errorf("%s: names %q, want %q", test.url, got, test.names)
		}
	}
}

func TestRedirectAddresses(t *testing.T) {
	t.Parallel()
	one := listener{Listener: bound(t, "127.0.0.1:8443"), host: "localhost"}
	same := listener{Listener: bound(t, "127.0.0.1:8444"), host: "127.0.0.1"}
	six := listener{Listener: bound(t, "[::1]:9000"), host: "::1"}
	all := listener{Listener: bound(t, "[::]:8445")}
	unix := listener{Listener: boundTo{&net.UnixAddr{Net: "unix", Name: "/run/wsd.sock"}}}
	tests := []struct {
		mains []listener
		want  []redirectAddress
	}{
		{[]listener{one, same, six, unix}, []redirectAddress{{"127.0.0.1:80", "localhost", 8443}, {"[::1]:80", "::1", 9000}}},
		{[]listener{one, all}, []redirectAddress{{":80", "", 8445}}},
		{[]listener{unix}, nil},
	}
	for i, test := range tests {
		if got := redirectAddresses(test.mains, 80); !slices.Equal(got, test.want) {
			t.Errorf("%d: got %v, want %v", i, got, test.want)
		}
	}
}

func TestListenErrors(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	path := socketPath(t)
	cfg := &Config{Addresses: []string{taken.Addr().String()}}
	_, err = listen(cfg)
	wantHint(t, err, "listening on "+taken.Addr().String(), "another program")

	cfg = &Config{Addresses: []string{"192.0.2.1:0"}} // RFC 5737: nobody's address
	_, err = listen(cfg)
	wantHint(t, err, "192.0.2.1", "address of this machine")

	cfg = &Config{UnixSocket: path, RedirectPort: port}
	_, err = listen(cfg)
	wantHint(t, err, "redirect", "{Addresses}")

	if _, err = listen(&Config{}); err == nil {
		t.Error("a server without listeners")
	}

	cfg = &Config{Addresses: []string{"127.0.0.1:0"}, UnixSocket: path, RedirectPort: port}
	_, err = listen(cfg)
	wantHint(t, err, taken.Addr().String(), "{RedirectPort}")
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the Unix socket was not closed: %v", err)
	}
}

// The advice for what can't be brought about everywhere.
func TestListenHints(t *testing.T) {
	t.Parallel()
	call := func(err error) error {
		return &net.OpError{Op: "listen", Net: "tcp", Err: os.NewSyscallError("bind", err)}
	}
	own := []listener{{Listener: bound(t, "127.0.0.1:8080")}}
	tests := []struct {
		address    string
		err        error
		text, hint string
	}{
		{":80", call(os.ErrPermission), "listening on :80: " + os.ErrPermission.Error(), "setcap"},
		{":8081", call(os.ErrPermission), "listening on :8081", "reserves this port"},
		{"[::1]:8080", call(errAddressInUse), "listening on [::1]:8080", "another address of this server"},
		{"[::1]:8081", call(errAddressInUse), "listening on [::1]:8081", "another program"},
		{"h:80", &net.OpError{Op: "listen", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "h"}}, "lookup h: no such host", "address of this machine"},
		{"h:x", &net.AddrError{Err: "odd", Addr: "h:x"}, "listening on h:x", "check {Addresses}"},
	}
	for _, test := range tests {
		wantHint(t, tcpError(test.address, "port in {Addresses}", test.err, own), test.text, test.hint)
	}
	wantHint(t, unixError("/s", call(os.ErrPermission)), "unix:/s", "write to the folder")
}

func TestListenUnixSocket(t *testing.T) {
	t.Parallel()
	path := socketPath(t)
	ls := openAll(t, &Config{UnixSocket: path, TLS: &certs.Config{}})
	if len(ls) != 1 || ls[0].url() != "unix:"+path || !ls[0].tls {
		t.Fatalf("got %v", ls)
	}
	conn := servertest.Connect(t, path)
	conn.Close()
	_, err := listen(&Config{UnixSocket: path})
	wantHint(t, err, "unix:"+path, "another server")
	if conn, err = net.Dial("unix", path); err != nil {
		t.Fatalf("the live server's socket is gone: %v", err)
	}
	conn.Close()

	closeAll(ls)
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is there after Close: %v", err)
	}
}

// makeStale leaves at path what a server that was killed leaves.
func makeStale(t *testing.T, path string) {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: path})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	if _, err := os.Lstat(path); err != nil {
		t.Fatal(err)
	}
}

func TestListenUnixStale(t *testing.T) {
	t.Parallel()
	path := socketPath(t)
	makeStale(t, path)
	openAll(t, &Config{UnixSocket: path})
	conn := servertest.Connect(t, path)
	conn.Close()
}

func TestListenUnixNoSocket(t *testing.T) {
	t.Parallel()
	path := socketPath(t)
	servertest.Write(t, path, "precious", 0o600)
	_, err := listen(&Config{UnixSocket: path})
	wantHint(t, err, "unix:"+path, "left alone")
	if data, err := os.ReadFile(path); string(data) != "precious" {
		t.Errorf("the file is now %q, %v", data, err)
	}

	link, stale := path+"link", path+"stale"
	makeStale(t, stale)
	if err := os.Symlink(stale, link); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	_, err = listen(&Config{UnixSocket: link})
	wantHint(t, err, "unix:"+link, "left alone")
}

func TestListenUnixErrors(t *testing.T) {
	t.Parallel()
	path := socketPath(t)
	_, err := listen(&Config{UnixSocket: path + strings.Repeat("x", 200)})
	wantHint(t, err, strconv.Itoa(len(path)+200)+" bytes", "shorter")
	_, err = listen(&Config{UnixSocket: filepath.Join(path, "none", "s")})
	wantHint(t, err, path, "folder")
}

// A server must not remove the socket that another has put where its own was.
func TestListenUnixCloseLeavesOthers(t *testing.T) {
	t.Parallel()
	path := socketPath(t)
	first := openAll(t, &Config{UnixSocket: path})
	if err := os.Rename(path, path+"moved"); err != nil {
		t.Fatal(err)
	}
	openAll(t, &Config{UnixSocket: path})
	closeAll(first)
	closeAll(first)
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatalf("the second server's socket is gone: %v", err)
	}
	conn.Close()
}

// From the redirecting listener to the TLS one and back, with a client that
// follows as a browser does.
func TestListenRedirect(t *testing.T) {
	t.Parallel()
	t.Run("127.0.0.1", func(t *testing.T) { testRedirect(t, "127.0.0.1") })
	t.Run("::1", func(t *testing.T) { needIPv6(t); testRedirect(t, "::1") })
}

func testRedirect(t *testing.T, host string) {
	mains := openAll(t, &Config{Addresses: []string{net.JoinHostPort(host, "0")}, TLS: &certs.Config{}})
	redirects, err := listenRedirects(mains, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeAll(redirects) })
	store, err := certs.Open(&certs.Config{}, mains[0].names(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s", r.Method, r.RequestURI, body)
	})
	serveHTTP(t, tls.NewListener(mains[0], store.TLS()), echo)
	serveHTTP(t, redirects[0], redirectHandler(redirects[0].redirectTo, true))
	if !strings.HasPrefix(redirects[0].url(), "http://") || redirects[0].tls {
		t.Errorf("the redirecting listener is at %s", redirects[0].url())
	}

	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer transport.CloseIdleConnections()
	res, err := (&http.Client{Transport: transport}).Post(redirects[0].url()+"a%2Fb?c=d", "text/plain", strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	if string(body) != "POST /a%2Fb?c=d body" || res.Request.URL.String() != mains[0].url()+"a%2Fb?c=d" {
		t.Errorf("%s answered %q", res.Request.URL, body)
	}
}

// serveHTTP serves l until the test ends.
func serveHTTP(t *testing.T, l net.Listener, h http.Handler) {
	server := &http.Server{Handler: h}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }() // ends with Close, below, which waits for it
	t.Cleanup(func() {
		server.Shutdown(context.Background())
		if err := <-served; err != http.ErrServerClosed {
			t.Error(err)
		}
	})
}
