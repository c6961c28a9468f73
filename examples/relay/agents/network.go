package agents

import (
	"encoding/hex"
	"fmt"
	"net/netip"
)

// ipv6Bits is the part of an IPv6 address that the machines of one home share.
// With IPv4 they share the whole address, their router's.
const ipv6Bits = 64

// networkOf returns what the addresses of one home have in common, as a word that
// is safe as a part of a subject. Two clients may meet if theirs is the same.
func networkOf(remote string) (string, error) {
	address, err := netip.ParseAddr(remote)
	if err != nil {
		return "", fmt.Errorf("REMOTE_ADDR is %q, which is not the address of a client", remote)
	}
	address = address.WithZone("").Unmap()
	if address.Is6() {
		address = netip.PrefixFrom(address, ipv6Bits).Masked().Addr()
	}
	return hex.EncodeToString(address.AsSlice()), nil
}
