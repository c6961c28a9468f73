package server

import (
	"io"
	"net/http"
	"strings"
	"testing"
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
	small := min(s.cutAll, 0)
	if i == 0 && s.cutAll > 0 {
		small = 1000
	}
	if c.status != http.StatusSwitchingProtocols && c.header == nil {
		small = uncut
	}
	return waysOf(&frameCase{steps: inTurn(sends(requestBytes(c, "/"))), ends: ending{by: byServer}}, small)
}

func requestBytes(c *handshakeCase, path string) []byte {
	head := strings.Join(c.request, "\r\n") + "\r\n\r\n"
	return append([]byte(strings.Replace(head, "PATH", path, 1)), c.behind...)
}

func (s *subject) runHandshake(t *testing.T, c *handshakeCase, w way) {
	p := &peer{rawClient: newRawClient(t, s.dial(t)), subject: s, path: s.newPath()}
	for _, b := range w.cut(requestBytes(c, p.path)) {
		if _, err := p.conn.Write(b); err != nil && c.status == http.StatusSwitchingProtocols {
			t.Fatal(err)
		}
	}
	method, _, _ := strings.Cut(c.request[0], " ")
	resp, err := http.ReadResponse(p.in, &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != c.status {
		t.Fatalf("answered %s, want %d", resp.Status, c.status)
	}
	for name, value := range c.header {
		if value == "" {
			wantHeader(t, resp.Header, name)
		} else {
			wantHeader(t, resp.Header, name, value)
		}
	}
	if c.status != http.StatusSwitchingProtocols {
		s.wantRefused(p, resp)
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

// wantRefused reads the answer's body, and wants no session at this path, ever.
func (s *subject) wantRefused(p *peer, resp *http.Response) {
	p.t.Helper()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		p.t.Error(err)
	}
	resp.Body.Close()
	p.conn.Close()
	s.refused(p.path)
}

// The names of the answer's headers are spelled as RFC 6455 spells them, since some
// clients compare exactly.
func TestHandshakeSpelling(t *testing.T) {
	s := serveSteps(t, "drain")
	c := newRawClient(t, dialTCP(t, s.addr))
	c.write(upgradeRequest("test.example", "/"))
	var answer string
	for !strings.HasSuffix(answer, "\r\n\r\n") {
		line, err := c.in.ReadString('\n')
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
