package proxy

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

// What a client on a Unix socket has bound its own end to must not pass for an
// address.
func TestUnixPeerWithAName(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "127.0.0.1:80"
	r = r.WithContext(context.WithValue(t.Context(), http.LocalAddrContextKey, &net.UnixAddr{Name: "/run/s", Net: "unix"}))
	if c := Direct(r); c.AddrText() != "" || c.Port != "" || c.String() != "unix" {
		t.Errorf("the client is %+v", c)
	}
}
