package faults_test

import (
	"strings"
	"testing"

	"wsd/server/servertest"
)

// TestReset has clients that reset their connection, each at another moment.
func TestReset(t *testing.T) {
	t.Parallel()
	s := newStage(t, settings{})
	s.script("flood", "seq 200000; exec cat")
	for _, moment := range []struct {
		name string
		act  func() *client
	}{
		{"in the handshake", func() *client {
			c := s.connect()
			c.Write(servertest.Request("/echo")[:40])
			return c
		}},
		{"at once", func() *client { return s.dial("/echo") }},
		{"idle", func() *client { c := s.dial("/echo"); c.WantEcho("hello"); return c }},
		{"in a frame", func() *client { c := s.dial("/echo"); c.Write(servertest.Message("hello")[:8]); return c }},
		{"in a message", func() *client { c := s.dial("/echo"); c.Write(servertest.Frame(servertest.Text, "hello")); return c }},
		{"in output", func() *client { c := s.dial("/flood"); c.Want("1"); return c }},
		{"in input", func() *client { c := s.dial("/echo"); c.Send(strings.Repeat("x", 1<<20)); return c }},
		{"after its close frame", func() *client { c := s.dial("/echo"); c.Write(servertest.CloseFrame(1000, "")); return c }},
	} {
		t.Log(moment.name)
		s.endure(leaks, func(n int, during func()) {
			for i := range n {
				c := moment.act()
				if i == n/2 {
					during()
				}
				c.Reset()
			}
		})
	}
	s.finish()
}
