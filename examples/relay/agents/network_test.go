package agents

import (
	"net/netip"
	"strings"
	"testing"
)

func TestNetworkOf(t *testing.T) {
	for _, c := range []struct {
		one, other string
		same       bool
	}{
		{"203.0.113.7", "203.0.113.7", true},
		{"203.0.113.7", "::ffff:203.0.113.7", true},
		{"203.0.113.7", "203.0.113.8", false},
		{"2001:db8:1:2::1", "2001:db8:1:2:ffff::1", true},
		{"2001:db8:1:2::1", "2001:db8:1:3::1", false},
		{"::1", "127.0.0.1", false},
		{"fe80::1%eth0", "fe80::2%eth1", true},
	} {
		one, err := networkOf(c.one)
		if err != nil {
			t.Fatal(err)
		}
		other, err := networkOf(c.other)
		if err != nil {
			t.Fatal(err)
		}
		if (one == other) != c.same {
			t.Errorf("%s is %s, %s is %s; want the same: %v", c.one, one, c.other, other, c.same)
		}
	}
	for _, wrong := range []string{"", "@", "localhost", "203.0.113.7:80", "203.0.113", "[::1]", "unix"} {
		if got, err := networkOf(wrong); err == nil {
			t.Errorf("%q is %s, want an error", wrong, got)
		}
	}
}

func FuzzNetworkOf(f *testing.F) {
	for _, seed := range []string{"203.0.113.7", "::ffff:203.0.113.7", "2001:db8::1", "fe80::1%a.b*>", "*"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, remote string) {
		word, err := networkOf(remote)
		if err != nil {
			return
		}
		if strings.Trim(word, "0123456789abcdef") != "" || len(word) != 8 && len(word) != 32 {
			t.Errorf("%q is %q, which is no part of a subject", remote, word)
		}
		if address := netip.MustParseAddr(remote).Unmap(); address.Is4() != (len(word) == 8) {
			t.Errorf("%q is %q", remote, word)
		}
	})
}
