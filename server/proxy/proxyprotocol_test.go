package proxy

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"regexp"
	"testing"
	"testing/iotest"

	"github.com/pires/go-proxyproto"
)

// byHand is a header of version 2 as the specification's section 2.2 has it: TCP
// over IPv4, from 192.0.2.7:5000 to 198.51.100.1:443.
const byHand = "0d0a0d0a000d0a515549540a" + "21" + "11" + "000c" + "c0000207" + "c6336401" + "1388" + "01bb"

// TestProxyProtocolInPieces has a header come byte by byte, and what follows
// right behind it.
func TestProxyProtocolInPieces(t *testing.T) {
	handmade, _ := hex.DecodeString(byHand)
	for _, header := range []string{string(handmade), "PROXY TCP4 192.0.2.7 198.51.100.1 5000 443\r\n"} {
		ours, theirs := net.Pipe()
		c := &Conn{Conn: ours, listener: &Listener{Log: slog.New(slog.DiscardHandler)}}
		go func() { // ends when all is read
			for i := range len(header) - 1 {
				io.WriteString(theirs, header[i:i+1])
			}
			io.WriteString(theirs, header[len(header)-1:]+"GET / HTTP/1.1")
			theirs.Close()
		}()
		if source, target := c.RemoteAddr().String(), c.LocalAddr().String(); source != "192.0.2.7:5000" || target != "198.51.100.1:443" {
			t.Errorf("from %s to %s", source, target)
		}
		if rest, err := io.ReadAll(c); string(rest) != "GET / HTTP/1.1" || err != nil {
			t.Errorf("behind the header: %q, %v", rest, err)
		}
		c.Close()
	}
}

// plainProxyLine is version 1 for IPv4.
var plainProxyLine = regexp.MustCompile(`^PROXY TCP4 ([0-9.]+) ([0-9.]+) ([0-9]+) ([0-9]+)\r\n`)

// FuzzProxyHeader checks that a header means what it says, that it reads the same however it is cut, and that
// nothing behind it is taken.
func FuzzProxyHeader(f *testing.F) {
	handmade, _ := hex.DecodeString(byHand)
	f.Add(handmade)
	f.Add([]byte("PROXY TCP4 192.0.2.7 198.51.100.1 5000 443\r\n"))
	f.Add([]byte("PROXY UNKNOWN\r\nGET / HTTP/1.1\r\n"))
	loopback := &net.TCPAddr{IP: net.IPv6loopback, Port: 443}
	long := proxyproto.HeaderProxyFromAddrs(2, loopback, loopback)
	long.SetTLVs([]proxyproto.TLV{{Type: proxyproto.PP2_TYPE_NOOP, Value: make([]byte, 2*headerBuffer)}})
	for _, h := range []*proxyproto.Header{long, proxyproto.HeaderProxyFromAddrs(2, nil, nil)} {
		b, err := h.Format()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte("PROXY\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		whole := bufio.NewReaderSize(bytes.NewReader(b), headerBuffer)
		cut := bufio.NewReaderSize(iotest.OneByteReader(bytes.NewReader(b)), headerBuffer)
		one, err := readHeader(whole)
		other, otherErr := readHeader(cut)
		if (err == nil) != (otherErr == nil) || err == nil && !one.EqualsTo(other) {
			t.Fatalf("%q: %v, %v; in pieces %v, %v", b, one, err, other, otherErr)
		}
		if err != nil {
			return
		}
		rest, _ := io.ReadAll(whole)
		otherRest, _ := io.ReadAll(cut)
		if !bytes.Equal(rest, otherRest) || !bytes.HasSuffix(b, rest) {
			t.Errorf("%q: behind the header %q, in pieces %q", b, rest, otherRest)
		}
		if m := plainProxyLine.FindSubmatch(b); m != nil {
			source, err := netip.ParseAddrPort(string(m[1]) + ":" + string(m[3]))
			destination, errTo := netip.ParseAddrPort(string(m[2]) + ":" + string(m[4]))
			if err == nil && errTo == nil && (one.SourceAddr.String() != source.String() || one.DestinationAddr.String() != destination.String() || len(rest) != len(b)-len(m[0])) {
				t.Errorf("%q: from %v to %v, and %q behind it", b, one.SourceAddr, one.DestinationAddr, rest)
			}
		}
		if one.Command.IsProxy() && (one.SourceAddr == nil || one.DestinationAddr == nil) {
			t.Errorf("%q: no addresses", b)
		}
	})
}
