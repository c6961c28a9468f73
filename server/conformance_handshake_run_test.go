package server

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"wsd/server/servertest"
)

// runHandshakes runs the cases, side by side.
func (s *subject) runHandshakes(t *testing.T, cases []handshakeCase) {
	for i, c := range cases {
		t.Run("handshake: "+c.name, func(t *testing.T) {
			t.Parallel()
			for _, w := range s.handshakeWays(i, &c) {
				t.Run(w.name, func(t *testing.T) { s.runHandshake(t, &c, w) })
			}
		})
	}
}

// handshakeWays are the ways to send a request; it is long, so that only the first
// case is cut everywhere. What net/http takes for no request it may refuse before
// it has read all of it, and the connection's end could overtake the answer.
func (s *subject) handshakeWays(i int, c *handshakeCase) []way {
	small := 0
	if i == 0 {
		small = 1000
	}
	ends := ending{by: byServer}
	if c.status != http.StatusSwitchingProtocols && c.header == nil {
		ends.by = byClientAndOn // one write
	}
	return s.waysOf(&frameCase{steps: inTurn(sends(requestBytes(c, "/"))), ends: ends}, small)
}

func requestBytes(c *handshakeCase, path string) []byte {
	head := strings.Join(c.request, "\r\n") + "\r\n\r\n"
	return append([]byte(strings.Replace(head, "PATH", path, 1)), c.behind...)
}

func (s *subject) runHandshake(t *testing.T, c *handshakeCase, w way) {
	p := &peer{Client: servertest.NewClient(t, s.dial(t)), t: t, subject: s, path: s.newPath()}
	if c.status != http.StatusSwitchingProtocols {
		p.path = refusedPath + p.path
	}
	for _, b := range w.cut(requestBytes(c, "/ws"+p.path)) {
		if err := p.TryWrite(b); err != nil && c.status == http.StatusSwitchingProtocols {
			t.Fatal(err)
		}
	}
	method, _, _ := strings.Cut(c.request[0], " ")
	resp, err := http.ReadResponse(p.In, &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != c.status {
		t.Fatalf("answered %s, want %d", resp.Status, c.status)
	}
	for name, value := range c.header {
		if name == "Connection" && resp.Close {
			continue // ReadResponse has taken it away, close and all
		}
		if value == "" {
			wantHeader(t, resp.Header, name)
		} else {
			wantHeader(t, resp.Header, name, value)
		}
	}
	if c.status != http.StatusSwitchingProtocols {
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			t.Error(err)
		}
		return
	}
	p.steps = []exchange{{messages: c.early}}
	if c.early == nil && len(c.behind) > 0 { // the message is not at its end
		p.end()
		return
	}
	p.steps = append(p.steps, sends(textFrame("hello")).brings("hello"))
	p.play(w)
	p.end()
}

// refusedPath begins the paths at which there must never be a session.
const refusedPath = "/refused"

// The names of the answer's headers are spelled as RFC 6455 spells them, since some
// clients compare exactly.
func TestHandshakeSpelling(t *testing.T) {
	t.Parallel()
	s := serveSteps(t, "drain")
	c := s.dial(t)
	c.Write(servertest.Request("/"))
	var answer string
	for !strings.HasSuffix(answer, "\r\n\r\n") {
		line, err := c.In.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		answer += line
	}
	for _, line := range []string{"Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="} {
		if strings.Count(answer, line+"\r\n") != 1 {
			t.Errorf("%q is not there, once: %q", line, answer)
		}
	}
}
