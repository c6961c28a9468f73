package server

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// rfc6455 are the sections of RFC 6455 in their order. What has no case has a
// reason: the section asks nothing of a server that a client could see, or
// another test sees to it.
var rfc6455 = []struct{ number, title, reason string }{
	{"1.1", "Background", "no requirement"},
	{"1.2", "Protocol Overview", "no requirement"},
	{"1.3", "Opening Handshake", ""},
	{"1.4", "Closing Handshake", "no requirement; see 7"},
	{"1.5", "Design Philosophy", "no requirement"},
	{"1.6", "Security Model", "no requirement; see 10"},
	{"1.7", "Relationship to TCP and HTTP", "no requirement"},
	{"1.8", "Establishing a Connection", "no requirement"},
	{"1.9", "Subprotocols Using the WebSocket Protocol", ""},
	{"2", "Conformance Requirements", "definitions"},
	{"3", "WebSocket URIs", ""},
	{"4.1", "Client Requirements", ""},
	{"4.2", "Server-Side Requirements", "see its parts"},
	{"4.2.1", "Reading the Client's Opening Handshake", ""},
	{"4.2.2", "Sending the Server's Opening Handshake", ""},
	{"4.3", "Collected ABNF for New Header Fields Used in Handshake", ""},
	{"4.4", "Supporting Multiple Versions of WebSocket Protocol", ""},
	{"5.1", "Overview", ""},
	{"5.2", "Base Framing Protocol", ""},
	{"5.3", "Client-to-Server Masking", ""},
	{"5.4", "Fragmentation", ""},
	{"5.5", "Control Frames", ""},
	{"5.5.1", "Close", ""},
	{"5.5.2", "Ping", ""},
	{"5.5.3", "Pong", ""},
	{"5.6", "Data Frames", ""},
	{"5.7", "Examples", ""},
	{"5.8", "Extensibility", ""},
	{"6.1", "Sending Data", ""},
	{"6.2", "Receiving Data", ""},
	{"7.1.1", "Close the WebSocket Connection", ""},
	{"7.1.2", "Start the WebSocket Closing Handshake", ""},
	{"7.1.3", "The WebSocket Closing Handshake is Started", ""},
	{"7.1.4", "The WebSocket Connection is Closed", ""},
	{"7.1.5", "The WebSocket Connection Close Code", ""},
	{"7.1.6", "The WebSocket Connection Close Reason", ""},
	{"7.1.7", "Fail the WebSocket Connection", ""},
	{"7.2.1", "Client-Initiated Closure", ""},
	{"7.2.2", "Server-Initiated Closure", "what a backend's end and a shutdown do is in session_close_test.go"},
	{"7.2.3", "Recovering from Abnormal Closure", "for clients"},
	{"7.3", "Normal Closure of Connections", ""},
	{"7.4", "Status Codes", ""},
	{"7.4.1", "Defined Status Codes", ""},
	{"7.4.2", "Reserved Status Code Ranges", ""},
	{"8.1", "Handling Errors in UTF-8-Encoded Data", ""},
	{"9", "Extensions", ""},
	{"9.1", "Negotiating Extensions", ""},
	{"9.2", "Known Extensions", "none is spoken"},
	{"10.1", "Non-Browser Clients", ""},
	{"10.2", "Origin Considerations", ""},
	{"10.3", "Attacks On Infrastructure (Masking)", "for clients; see 5.1 and 5.3"},
	{"10.4", "Implementation-Specific Limits", ""},
	{"10.5", "WebSocket Client Authentication", "left to the backend and to proxies; certificates of clients are in tls_test.go"},
	{"10.6", "Connection Confidentiality and Integrity", "all cases run on TLS, too; see also tls_test.go"},
	{"10.7", "Handling of Invalid Data", "no requirement beyond those of 5 and 8.1"},
	{"10.8", "Use of SHA-1 by the WebSocket Handshake", "no requirement"},
	{"11.1", "Registration of New URI Schemes", "for IANA"},
	{"11.2", "Registration of the \"WebSocket\" HTTP Upgrade Keyword", "for IANA"},
	{"11.3.1", "Sec-WebSocket-Key", ""},
	{"11.3.2", "Sec-WebSocket-Extensions", ""},
	{"11.3.3", "Sec-WebSocket-Accept", ""},
	{"11.3.4", "Sec-WebSocket-Protocol", ""},
	{"11.3.5", "Sec-WebSocket-Version", ""},
	{"11.4", "WebSocket Extension Name Registry", "for IANA"},
	{"11.5", "WebSocket Subprotocol Name Registry", "for IANA"},
	{"11.6", "WebSocket Version Number Registry", "for IANA"},
	{"11.7", "WebSocket Close Code Number Registry", "for IANA; see 7.4.1"},
	{"11.8", "WebSocket Opcode Registry", "for IANA; see 5.2"},
	{"11.9", "WebSocket Framing Header Bits Registry", "for IANA; see 5.2"},
	{"12", "Using the WebSocket Protocol from Other Specifications", "for other specifications"},
}

// conformanceIntro is what the table says of itself.
const conformanceIntro = `# RFC 6455, section by section

Written by TestConformanceTable from the cases of the suite, in conformance_*_test.go: UPDATE_GOLDEN=1 writes it anew.

TestConformance runs each case in text mode and with --binary, but for those that say (text) or (binary), each in one write. With the
build tag e2e TestConformanceFull runs them against wsd, started as a process, on TCP, on TLS and on a Unix socket: each also byte by
byte, and short ones cut in two at each place. The client is a few lines that send raw bytes. Where the session is to fail, the byte at fault is the last one that is sent:
the answer must not wait for more. In each case the suite checks

- all frames of the server: not masked (5.1), no reserved bit or opcode, the shortest length there is (5.2), whole messages (5.4), control
  frames of at most 125 bytes (5.5), valid close frames (5.5.1, 7.4), UTF-8 in texts and reasons (8.1);
- that messages come back as they were sent, and that pongs have the payload of their ping;
- the close code and the reason, that nothing follows the close frame, and that the server then ends the connection, without RST and
  on TLS with close_notify (7.1.1);
- what the backend has read: all whole messages and nothing of any other; and the code and the count of messages in the log.

TestEveryCloseCode, with the same tag, is "every close code": those from 0 to 5000, in text mode on a Unix socket.

What the RFC leaves open, or asks of the sender alone, is decided so:

- **A length in more bytes than it needs** (5.2) is taken for what it says. The RFC forbids to send it and does not ask to fail the
  connection, as it does for masks and reserved bits; there are clients in use that get the limits between the forms wrong. ws,
  gorilla/websocket and tungstenite take it, too; Netty and Chrome do not. The highest bit of a 64-bit length is refused.
- **Codes 1012 to 1014** (7.4) are taken, since IANA has registered them; 1004, 1005, 1006, 1015, and what nobody has registered, are not.
- **A text message with --binary** is checked for UTF-8, and its bytes are passed on.
- **A malformed Sec-WebSocket-Extensions** (9.1) is not looked at: no extension is taken, whatever it offers.
- **A handshake with a body** is refused with 400: what belongs to the request must not be taken for frames.

`

// TestConformanceTable compares testdata/conformance.md with the cases, of which
// each must be about sections that there are.
func TestConformanceTable(t *testing.T) {
	t.Parallel()
	const file = "testdata/conformance.md"
	got := conformanceIntro + conformanceTable(t)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.ReplaceAll(string(want), "\r\n", "\n") != got {
		t.Errorf("%s is not of these cases: UPDATE_GOLDEN=1 go test -run TestConformanceTable ./server", file)
	}
}

func conformanceTable(t *testing.T) string {
	tests := casesBySection(t)
	var covered, others strings.Builder
	for _, s := range rfc6455 {
		names := tests[s.number]
		delete(tests, s.number)
		if (len(names) == 0) != (s.reason != "") {
			t.Errorf("section %s: %d cases, and the reason for none is %q", s.number, len(names), s.reason)
		}
		if s.reason != "" {
			fmt.Fprintf(&others, "| %s %s | %s |\n", s.number, s.title, s.reason)
		} else {
			fmt.Fprintf(&covered, "| %s %s | %s |\n", s.number, s.title, strings.Join(names, "; "))
		}
	}
	for _, number := range slices.Sorted(maps.Keys(tests)) {
		t.Errorf("there is no section %s: %q", number, tests[number])
	}
	return "| section | tests |\n| --- | --- |\n" + covered.String() + "\n| section without tests | why |\n| --- | --- |\n" + others.String()
}

// casesBySection are the names of the cases, which must be unique.
func casesBySection(t *testing.T) map[string][]string {
	tests, names := map[string][]string{}, map[string]bool{}
	add := func(sections, name string) {
		if names[name] {
			t.Errorf("two cases are called %q", name)
		}
		names[name] = true
		for _, number := range strings.Fields(sections) {
			tests[number] = append(tests[number], name)
		}
	}
	for _, c := range handshakeCases() {
		add(c.sections, "handshake: "+c.name)
	}
	add("7.4.1 7.4.2", everyCode)
	for _, c := range conformanceCases() {
		name := c.name
		if c.mode != bothModes {
			name += " (" + string(c.mode) + ")"
		}
		add(c.sections, name)
	}
	return tests
}
