package server

import (
	"slices"
	"strings"
)

// The lines of a good handshake (RFC 6455 4.1), with the key of 1.3.
const (
	hostLine       = "Host: server.example"
	upgradeLine    = "Upgrade: websocket"
	connectionLine = "Connection: Upgrade"
	keyLine        = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
	versionLine    = "Sec-WebSocket-Version: 13"
	acceptOfKey    = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

// handshakeCase is a request and how it is answered. A handshake that succeeds is
// followed by a message, its echo and a close frame.
type handshakeCase struct {
	name     string
	sections string
	// request has its lines, PATH for a path of the test's, and no empty line.
	request []string
	behind  []byte   // sent with the request, in one write
	early   []string // messages in it
	status  int
	header  map[string]string // of the answer; "" is one that it must not have
}

// asked is a good handshake in which some lines stand for the ones of the same
// name, and others are added. A line without a value takes one away.
func asked(lines ...string) []string {
	return askedBy("GET PATH HTTP/1.1", lines...)
}

func askedBy(line string, lines ...string) []string {
	request := []string{line}
	used := map[int]bool{}
	for _, good := range []string{hostLine, upgradeLine, connectionLine, versionLine, keyLine} {
		name, _, _ := strings.Cut(good, ":")
		replaced := false
		for i, l := range lines {
			if n, value, _ := strings.Cut(l, ":"); strings.EqualFold(n, name) {
				used[i], replaced = true, true
				if value != "" {
					request = append(request, l)
				}
			}
		}
		if !replaced {
			request = append(request, good)
		}
	}
	for i, l := range lines {
		if !used[i] {
			request = append(request, l)
		}
	}
	return request
}

// upgraded is the header of a handshake's answer (RFC 6455 4.2.2).
var upgraded = map[string]string{
	"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": acceptOfKey,
	"Sec-WebSocket-Extensions": "", "Sec-WebSocket-Protocol": "", "Sec-WebSocket-Version": "", "Content-Length": "", "Transfer-Encoding": "",
}

// toUpgrade is the header of an answer that tells how to upgrade (RFC 9110 15.5.22).
var toUpgrade = map[string]string{"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": ""}

// otherVersion is the header of the answer to another version (RFC 6455 4.2.2, 4.4).
var otherVersion = map[string]string{"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Accept": ""}

var notAccepted = map[string]string{"Sec-WebSocket-Accept": ""}

// handshakeCases are about RFC 6455 4.
func handshakeCases() []handshakeCase {
	good := func(name, sections string, request []string) handshakeCase {
		return handshakeCase{name: name, sections: sections, request: request, status: 101, header: upgraded}
	}
	bad := func(name, sections string, status int, header map[string]string, request []string) handshakeCase {
		return handshakeCase{name: name, sections: sections, request: request, status: status, header: header}
	}
	return []handshakeCase{
		good("as it should be", "1.3 4.1 4.2.1 4.2.2 11.3.3", asked()),
		good("absolute form", "4.1 4.2.1", askedBy("GET http://server.example"+"PATH HTTP/1.1")),
		good("query", "3 4.1", askedBy("GET PATH?a=1&b=%20 HTTP/1.1")),
		good("Host with a port", "4.1 4.2.1", asked("Host: server.example:8080")),
		good("Upgrade in mixed case", "4.2.1", asked("Upgrade: WebSocket")),
		good("Upgrade in a list", "4.2.1", asked("Upgrade: h2c,  websocket")),
		good("Upgrade in two lines", "4.2.1", asked("Upgrade: h2c", "Upgrade: websocket")),
		good("Connection in small letters", "4.2.1", asked("Connection: upgrade")),
		good("Connection in a list", "4.2.1", asked("Connection: keep-alive, Upgrade")),
		good("Connection in a list with empty items", "4.2.1", asked("Connection: ,keep-alive,\tUPGRADE ,")),
		good("Connection in two lines", "4.2.1", asked("Connection: keep-alive", "Connection: Upgrade")),
		good("header names in small letters", "4.2.1", asked("host: server.example", "upgrade: websocket", "connection: Upgrade", "sec-websocket-version: 13", "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==")),
		good("header names in capitals", "4.2.1", asked("HOST: server.example", "UPGRADE: websocket", "CONNECTION: Upgrade", "SEC-WEBSOCKET-VERSION: 13", "SEC-WEBSOCKET-KEY: dGhlIHNhbXBsZSBub25jZQ==")),
		good("no space after colons", "4.2.1", asked("Upgrade:websocket", "Connection:Upgrade", "Sec-WebSocket-Version:13", "Sec-WebSocket-Key:dGhlIHNhbXBsZSBub25jZQ==")),
		good("white space around values", "4.2.1", asked("Upgrade: \twebsocket \t", "Sec-WebSocket-Version:  13  ", "Sec-WebSocket-Key: \tdGhlIHNhbXBsZSBub25jZQ==  ")),
		good("lines in another order", "4.1", []string{"GET PATH HTTP/1.1", keyLine, versionLine, connectionLine, upgradeLine, hostLine}),
		{"another key", "4.2.2 11.3.1 11.3.3", asked("Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw=="), nil, nil, 101, map[string]string{"Sec-WebSocket-Accept": "HSmrc0sMlYUkAGmm5OPpG2HaGWk="}},
		good("other headers, and large ones", "4.1", asked("Cookie: a=b", "Authorization: Basic dTpw", "X-Large: "+xs(8000), "Pragma: no-cache")),
		good("no body, which is said", "4.2.1", asked("Content-Length: 0")),

		{"subprotocols, of which the first is taken", "1.9 4.2.2 11.3.4", asked("Sec-WebSocket-Protocol: chat, superchat", "Sec-WebSocket-Protocol: third"), nil, nil, 101, map[string]string{"Sec-WebSocket-Protocol": "chat", "Sec-WebSocket-Accept": acceptOfKey}},
		good("subprotocols that are none", "4.1 11.3.4", asked("Sec-WebSocket-Protocol: chat, super chat")),
		good("extension, which is not taken", "4.2.2 9.1 11.3.2", asked("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")),
		good("several extensions, none of which is taken", "4.2.2 9.1 11.3.2", asked(`Sec-WebSocket-Extensions: x-one; a="b", x-two`, "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_max_window_bits=10")),
		good("origin that is allowed", "4.2.2 10.2", asked("Origin: http://good.example")),
		good("no origin: no browser", "4.2.2 10.1", asked()),
		bad("origin that is not allowed", "4.2.2 10.2", 403, notAccepted, asked("Origin: http://evil.example")),
		bad("origin null", "4.2.2 10.2", 403, notAccepted, asked("Origin: null")),
		bad("another path", "4.2.2", 404, notAccepted, askedBy("GET /elsewhere HTTP/1.1")),

		{"messages right behind the request", "4.1 5.6", asked(), slices.Concat(textFrame("early"), fragment("bi"), final("rd")), []string{"early", "bird"}, 101, upgraded},
		{"large message right behind the request", "4.1 5.6", asked(), textFrame(xs(60_000)), []string{xs(60_000)}, 101, upgraded},
		{"half a message right behind the request", "4.1 5.4", asked(), fragment("never ended"), nil, 101, upgraded},

		bad("POST", "4.1 4.2.1", 405, map[string]string{"Allow": "GET", "Sec-WebSocket-Accept": ""}, askedBy("POST PATH HTTP/1.1", "Content-Length: 0")),
		bad("HEAD", "4.1 4.2.1", 405, map[string]string{"Allow": "GET", "Sec-WebSocket-Accept": ""}, askedBy("HEAD PATH HTTP/1.1")),
		bad("method in small letters", "4.1 4.2.1", 405, notAccepted, askedBy("get PATH HTTP/1.1")),
		bad("HTTP/1.0", "4.1 4.2.1", 426, map[string]string{"Upgrade": "websocket", "Sec-WebSocket-Accept": ""}, askedBy("GET PATH HTTP/1.0")),
		bad("HTTP/0.9", "4.1 4.2.1", 400, nil, []string{"GET PATH"}),
		bad("HTTP/2.0 in the words of HTTP/1", "4.1 4.2.1", 505, nil, askedBy("GET PATH HTTP/2.0")),
		bad("no Host", "4.2.1", 400, nil, asked("Host:")),
		bad("two Hosts", "4.2.1", 400, nil, asked(hostLine, "Host: other.example")),
		bad("Host that is none", "4.2.1", 400, nil, asked("Host: a b")),
		bad("no Upgrade", "4.2.1", 426, toUpgrade, asked("Upgrade:")),
		bad("Upgrade to something else", "4.2.1", 426, toUpgrade, asked("Upgrade: h2c")),
		bad("Upgrade to websocket2", "4.2.1", 426, toUpgrade, asked("Upgrade: websocket2")),
		bad("Upgrade to web socket", "4.2.1", 426, toUpgrade, asked("Upgrade: web socket")),
		bad("no Connection", "4.2.1", 426, toUpgrade, asked("Connection:")),
		bad("Connection without Upgrade", "4.2.1", 426, toUpgrade, asked("Connection: keep-alive")),
		bad("Connection with Upgraded", "4.2.1", 426, toUpgrade, asked("Connection: Upgraded")),
		bad("no key", "4.2.1 11.3.1", 400, notAccepted, asked("Sec-WebSocket-Key:")),
		bad("empty key", "4.2.1 11.3.1", 400, notAccepted, asked("Sec-WebSocket-Key: ")),
		bad("key of 15 bytes", "4.2.1 11.3.1", 400, notAccepted, asked("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA")),
		bad("key of 17 bytes", "4.2.1 11.3.1", 400, notAccepted, asked("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAAA=")),
		bad("key that is no base64", "4.2.1 11.3.1", 400, notAccepted, asked("Sec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!==")),
		bad("key without padding", "4.2.1 11.3.1", 400, notAccepted, asked("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ")),
		bad("two keys", "4.2.1 11.3.1", 400, notAccepted, asked(keyLine, "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==")),
		bad("the same key twice", "4.2.1 11.3.1", 400, notAccepted, asked(keyLine, keyLine)),
		bad("no version", "4.2.1 4.2.2 4.4 11.3.5", 426, otherVersion, asked("Sec-WebSocket-Version:")),
		bad("version 8", "4.2.1 4.2.2 4.4 11.3.5", 426, otherVersion, asked("Sec-WebSocket-Version: 8")),
		bad("version 14", "4.2.1 4.2.2 4.4 11.3.5", 426, otherVersion, asked("Sec-WebSocket-Version: 14")),
		bad("version 013", "4.2.1 4.2.2 4.3 11.3.5", 426, otherVersion, asked("Sec-WebSocket-Version: 013")),
		bad("version 13 and 14 in a list", "4.2.1 4.4 11.3.5", 426, otherVersion, asked("Sec-WebSocket-Version: 13, 14")),
		bad("two versions", "4.2.1 4.4 11.3.5", 426, otherVersion, asked(versionLine, "Sec-WebSocket-Version: 8")),
		bad("body", "4.2.1", 400, notAccepted, asked("Content-Length: 5")),
		bad("body in chunks", "4.2.1", 400, notAccepted, asked("Transfer-Encoding: chunked")),
		bad("space before a colon", "4.2.1", 400, nil, asked("Upgrade : websocket")),
		bad("header line without a colon", "4.2.1", 400, nil, asked("Nonsense")),
	}
}
