package server

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"wsd/server/hint"
	"wsd/server/servertest"
)

// handshakeAnswerLines returns the lines of the answer to a handshake, as they are on the wire,
// and the client.
func (s *testServer) handshakeAnswerLines(t *testing.T, header ...string) (lines []string, c *servertest.Client) {
	t.Helper()
	c = s.dial(t)
	c.Write(servertest.Request("/", header...))
	for {
		line, err := c.In.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if line = strings.TrimSuffix(line, "\r\n"); line == "" {
			return lines, c
		}
		lines = append(lines, line)
	}
}

func TestSubprotocol(t *testing.T) {
	t.Parallel()
	const name = "Sec-WebSocket-Protocol: "
	for _, tt := range []struct {
		configured string // separated by spaces
		offer      []string
		want       string // chosen
	}{
		{"", nil, ""},
		{"", []string{name + "connect"}, "connect"},
		{"", []string{name + "chat, superchat"}, "chat"},
		{"", []string{name + "first", name + "second, third"}, "first"},
		{"", []string{"sec-websocket-protocol:\t a.b!#$%&'*+-^_`|~9 \t,b"}, "a.b!#$%&'*+-^_`|~9"},
		{"", []string{name, name + " , ,chat"}, "chat"},
		{"", []string{name}, ""},
		{"", []string{name + "Chat"}, "Chat"},
		{"", []string{name + "two words"}, ""},
		{"", []string{name + `"chat"`}, ""},
		{"", []string{name + "chat", name + "a/b"}, ""}, // not a list of tokens as a whole
		{"", []string{name + "chät"}, ""},
		{"", []string{name + "chat; q=1"}, ""},
		{"a b", nil, ""},
		{"a b", []string{name + "b, a"}, "a"},
		{"a b", []string{name + "x", name + "b"}, "b"},
		{"a b", []string{name + "c, d"}, ""},
		{"a b", []string{name + "A"}, ""}, // RFC 6455 11.3.4 does not ignore case
		{"a b", []string{name + "a, b@"}, ""},
	} {
		s := serve(t, Config{Command: servertest.Play("env"), Subprotocols: strings.Fields(tt.configured)})
		lines, c := s.handshakeAnswerLines(t, tt.offer...)
		var want []string
		if tt.want != "" {
			want = []string{name + tt.want}
		}
		got := slices.DeleteFunc(lines, func(line string) bool { return !strings.Contains(strings.ToLower(line), "protocol:") })
		if !slices.Equal(got, want) {
			t.Errorf("%q of %q: the answer has %q, want %q", tt.configured, tt.offer, got, want)
		}
		value, set := variables(t, c)["HTTP_SEC_WEBSOCKET_PROTOCOL"]
		if value != tt.want || set != (tt.want != "") {
			t.Errorf("%q of %q: the backend has %q, set: %v, want %q", tt.configured, tt.offer, value, set, tt.want)
		}
	}
}

// A header of the operator's own, which was the way before there was a choice, takes
// the place of the chosen one: two would be one too many.
func TestSubprotocolByHeader(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Command: servertest.Play("exit:0"), HeaderWS: http.Header{"Sec-Websocket-Protocol": {"connect"}}})
	lines, _ := s.handshakeAnswerLines(t, "Sec-WebSocket-Protocol: other")
	if !slices.Contains(lines, "Sec-WebSocket-Protocol: connect") || strings.Contains(strings.Join(lines, "\n"), "other") {
		t.Errorf("the answer is %q", lines)
	}
}

func TestSubprotocolsThatAreNone(t *testing.T) {
	t.Parallel()
	for _, names := range [][]string{{"a b"}, {"chat", ""}, {"a/b"}, {"ä"}} {
		_, err := New(Config{Subprotocols: names})
		if err == nil || !strings.Contains(err.Error(), "is not a valid subprotocol name") || hint.Of(err) == "" {
			t.Errorf("%q: %v", names, err)
		}
	}
}
