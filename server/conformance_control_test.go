package server

import (
	"fmt"
	"strings"
)

// controlCases are about RFC 6455 5.5, but for close frames.
func controlCases() []frameCase {
	tooLong, fragmented := protocolFault("control frame is too long"), protocolFault("fragmented control frame")
	full := strings.Repeat("p", 125)
	return []frameCase{
		{"ping without payload", "5.5.2 5.5.3", "", inTurn(sends(ping("")).answered("")), ending{}},
		{"ping of 1 byte", "5.5.2 5.5.3", "", inTurn(sends(ping("p")).answered("p")), ending{}},
		{"ping of 125 bytes", "5.5 5.5.2 5.5.3", "", inTurn(sends(ping(full)).answered(full)), ending{}},
		{"ping of bytes that are no UTF-8", "5.5.2 5.5.3", "", inTurn(sends(ping("\x00\xff\xfe\n\x80")).answered("\x00\xff\xfe\n\x80")), ending{}},
		{"ping before a message", "5.5.2", "", inTurn(sends(ping("before"), textFrame("message")).brings("message").answered("before")), ending{}},
		{"ping after a message", "5.5.2", "", inTurn(sends(textFrame("message"), ping("after")).brings("message").answered("after")), ending{}},
		{"pings one after the other", "5.5.2 5.5.3", "", pingsInTurn(20), ending{}},
		{"a thousand pings at once", "5.5.2 5.5.3", "", inTurn(manyPings(1000)), ending{}},
		{"pong that nobody asked for", "5.5.3", "", inTurn(sends(pong(""), pong("unasked"), pong(full), textFrame("after")).brings("after")), ending{}},
		{"pong and ping", "5.5.3", "", inTurn(sends(pong("unasked"), ping("asked")).answered("asked")), ending{}},

		{"ping of 126 bytes", "5.5", "", inTurn(sends([]byte{0x89, 0xfe})), tooLong},
		{"ping with a 64-bit length", "5.5", "", inTurn(sends([]byte{0x89, 0xff})), tooLong},
		{"ping of 1 byte with a 16-bit length", "5.2 5.5", "", inTurn(sends([]byte{0x89, 0xfe})), tooLong},
		{"pong of 126 bytes", "5.5", "", inTurn(sends([]byte{0x8a, 0xfe})), tooLong},
		{"close frame of 126 bytes", "5.5 5.5.1", "", inTurn(sends([]byte{0x88, 0xfe})), tooLong},
		{"ping of 126 bytes inside a message", "5.4 5.5", "", inTurn(sends(fragment("a"), []byte{0x89, 0xfe})), tooLong},
		{"ping in fragments", "5.4 5.5", "", inTurn(sends([]byte{0x09})), fragmented},
		{"pong in fragments", "5.4 5.5", "", inTurn(sends([]byte{0x0a})), fragmented},
		{"close frame in fragments", "5.4 5.5 5.5.1", "", inTurn(sends([]byte{0x08})), fragmented},
		{"ping in fragments inside a message", "5.4 5.5", "", inTurn(sends(fragment("a"), []byte{0x09})), fragmented},
	}
}

// pingsInTurn waits for the answer to each ping before the next.
func pingsInTurn(n int) (s []exchange) {
	for i := range n {
		payload := fmt.Sprint("ping ", i)
		s = append(s, sends(ping(payload)).answered(payload))
	}
	return s
}

// manyPings waits for none of them; the last is answered at any rate.
func manyPings(n int) exchange {
	var e exchange
	for i := range n {
		payload := fmt.Sprint("ping ", i)
		e.send = append(e.send, ping(payload)...)
		e.pongs = append(e.pongs, payload)
	}
	return e
}
