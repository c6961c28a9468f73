package client

import "testing"

func TestParseTarget(t *testing.T) {
	for _, test := range []struct {
		raw           string
		address, path string
		tls           bool
	}{
		{"ws://example.com", "example.com:80", "/", false},
		{"wss://example.com/a?b=c", "example.com:443", "/a?b=c", true},
		{"ws://[::1]:8080/x", "[::1]:8080", "/x", false},
	} {
		got, err := ParseTarget(test.raw, false)
		if err != nil || got.Address != test.address || got.Path != test.path || (got.TLS != nil) != test.tls {
			t.Errorf("%s: got %+v, %v", test.raw, got, err)
		}
	}
}
