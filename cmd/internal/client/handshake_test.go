package client

import (
	"strings"
	"testing"
)

func TestAcceptKey(t *testing.T) {
	// The example of RFC 6455, section 1.3.
	if got, want := acceptKey("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCheckAnswer(t *testing.T) {
	const key, accept = "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
	for _, test := range []struct {
		answer string
		err    string // empty: accepted
	}{
		{"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: " + accept, ""},
		{"HTTP/1.1 101 Yes\r\nX: y\r\nsec-websocket-accept:" + accept + " \r\nZ: 1", ""},
		{"HTTP/1.1 404 Not Found\r\nSec-WebSocket-Accept: " + accept, "refused"},
		{"HTTP/1.1 101 Yes\r\nSec-WebSocket-Accept: AAAA", "wrong Sec-WebSocket-Accept"},
		{"HTTP/1.1 101 Yes", "has no Sec-WebSocket-Accept"},
		{"", "refused"},
	} {
		err := checkAnswer(test.answer, key)
		if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
			t.Errorf("%q: got %v, want %q", test.answer, err, test.err)
		}
	}
}

func FuzzCheckAnswer(f *testing.F) {
	f.Add("HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x")
	f.Add("HTTP/1.1 101\r\n:\r\n")
	f.Fuzz(func(t *testing.T, answer string) {
		if checkAnswer(answer, "key") == nil && !strings.Contains(answer, acceptKey("key")) {
			t.Errorf("%q was accepted", answer)
		}
	})
}
