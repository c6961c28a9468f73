package server

import (
	"strings"
	"testing"

	"wsd/server/lazyio"
	"wsd/server/servertest"
	"wsd/server/websocket"
)

// The memory for half-arrived messages is shared by all; whole messages need
// none of it, and what a session held is free when it has ended.
func TestMaxBuffered(t *testing.T) {
	s := serve(t, Config{Command: servertest.Play("print:up", "echo"), MaxBuffered: 3 * lazyio.BufferSize})
	client := func() *rawClient { c := s.client(t); c.wantText("up"); return c }
	half := strings.Repeat("x", lazyio.BufferSize+1) // two buffers
	one, two, three := client(), client(), client()
	one.write(clientFrame(websocket.OpText, []byte(half)))
	one.sync()
	two.write(clientFrame(websocket.OpText, []byte(half)))
	two.wantClose(1013, "no memory for the message now")
	s.log.end(t).wantAttrs(t, map[string]string{"code": "1013", "detail": "no memory for the message now ({MaxBuffered})"})
	three.text("small ones pass")
	three.wantText("small ones pass")
	one.write(clientFrame(websocket.FinBit, []byte("y")))
	one.wantText(half + "y")

	one.write(clientFrame(websocket.OpText, []byte(half)))
	one.conn.Close()
	s.log.wait(t, "DISCONNECT", 2)
	if used := s.buffered.Used(); used != 0 {
		t.Errorf("%d bytes are taken, want 0", used)
	}
	three.write(joined(clientFrame(websocket.OpText, []byte(half)), clientFrame(websocket.FinBit, []byte("z"))))
	three.wantText(half + "z")
}
