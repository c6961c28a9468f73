package server

import (
	"slices"
	"strings"
	"testing"

	"wsd/server/lazyio"
	"wsd/server/servertest"
)

// The memory for half-arrived messages is shared by all; whole messages need
// none of it, and what a session held is free when it has ended.
func TestMaxBuffered(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Command: servertest.Play("print:up", "echo"), MaxBuffered: 3 * lazyio.BufferSize})
	client := func() *servertest.Client { c := s.client(t); c.Want("up"); return c }
	half := strings.Repeat("x", lazyio.BufferSize+1) // two buffers
	one, two, three := client(), client(), client()
	one.Write(fragment(half))
	one.Sync()
	two.Write(fragment(half))
	two.WantClose(1013, "no memory for the message now")
	s.log.Wait(t, "DISCONNECT").Want(t, "code", "1013", "detail", "no memory for the message now ({MaxBuffered})")
	three.Send("small ones pass")
	three.Want("small ones pass")
	one.Write(final("y"))
	one.Want(half + "y")

	one.Write(fragment(half))
	one.Conn.Close()
	s.log.WaitN(t, 2, "DISCONNECT")
	if used := s.buffered.Used(); used != 0 {
		t.Errorf("%d bytes are taken, want 0", used)
	}
	three.Write(slices.Concat(fragment(half), final("z")))
	three.Want(half + "z")
}
