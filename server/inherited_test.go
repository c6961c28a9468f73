package server

import (
	"errors"
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"wsd/server/certs"
)

// handedOver is a TCP socket that listens, as a service manager hands it over.
func handedOver(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func portOf(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }

func TestInherit(t *testing.T) {
	tcp, plain, redirect := handedOver(t), handedOver(t), handedOver(t)
	ls := openAll(t, &Config{
		TLS: &certs.Config{},
		Inherited: []Inherited{
			{Listener: redirect, Name: "redirect", Redirect: true},
			{Listener: plain, Name: "plain", Plain: true},
			{Listener: tcp, Name: "wsd.socket"},
		},
		Addresses: []string{"127.0.0.1:0"},
	})
	var got []string
	for _, l := range ls {
		got = append(got, strings.TrimRight(l.url(), "0123456789/")+" "+l.inherited)
	}
	want := []string{"http://127.0.0.1: plain", "https://127.0.0.1: wsd.socket", "https://127.0.0.1: ", "http://127.0.0.1: redirect"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if ls[3].redirectTo != portOf(tcp) {
		t.Errorf("redirects to port %d, want %d", ls[3].redirectTo, portOf(tcp))
	}
	if record := ls[1].record(); len(record) != 4 || record[2] != "inherited" || record[3] != "wsd.socket" {
		t.Errorf("the log says %v", record)
	}
	if record := ls[2].record(); len(record) != 2 {
		t.Errorf("the log says %v of a socket that is the server's own", record)
	}
}

func TestInheritNames(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"[::]:80": "", "127.0.0.1:80": "127.0.0.1", "[::1]:80": "::1"} {
		if got := (Inherited{Listener: bound(t, address)}).listener().host; got != want {
			t.Errorf("%s: host %q, want %q", address, got, want)
		}
	}
}

func TestInheritErrors(t *testing.T) {
	redirect, tcp := handedOver(t), handedOver(t)
	_, err := listen(&Config{Inherited: []Inherited{{Listener: redirect, Name: "redirect", Redirect: true}}})
	wantHint(t, err, `"redirect"`, "another name")
	if _, err := redirect.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the inherited socket was left open: %v", err)
	}
	_, err = listen(&Config{
		Inherited: []Inherited{{Listener: tcp, Name: "wsd.socket"}},
		Addresses: []string{tcp.Addr().String()},
	})
	wantHint(t, err, tcp.Addr().String(), "another address of this server")
}

// The file of an inherited Unix socket is not the server's to remove.
func TestInheritUnixSocket(t *testing.T) {
	t.Parallel()
	path := socketPath(t)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: path})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false) // as net.FileListener leaves it
	ls := openAll(t, &Config{Inherited: []Inherited{{Listener: l, Name: "wsd.socket"}}})
	if ls[0].url() != "unix:"+path {
		t.Errorf("url %s", ls[0].url())
	}
	closeAll(ls)
	if _, err := os.Lstat(path); err != nil {
		t.Error(err)
	}
}
