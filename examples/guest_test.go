package examples_test

import (
	"context"
	"testing"

	"github.com/coder/websocket"
)

// A guest is a WebSocket client. Its methods fail the test on any error, and
// when they have waited too long. It belongs to one goroutine.
type guest struct {
	t    *testing.T
	ctx  context.Context // ends with the test, and bounds all it does
	conn *websocket.Conn
}

// dial opens a WebSocket, which is closed when the test ends.
func dial(t *testing.T, url string) *guest {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	conn, _, err := websocket.Dial(ctx, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &guest{t, ctx, conn}
}

func (g *guest) send(line string) {
	g.t.Helper()
	if err := g.conn.Write(g.ctx, websocket.MessageText, []byte(line)); err != nil {
		g.t.Fatalf("sending %q: %v", line, err)
	}
}

// receive returns the next n messages.
func (g *guest) receive(n int) []string {
	g.t.Helper()
	var lines []string
	for range n {
		_, line, err := g.conn.Read(g.ctx)
		if err != nil {
			g.t.Fatalf("after %q: %v", lines, err)
		}
		lines = append(lines, string(line))
	}
	return lines
}

// receiveAll returns the messages up to the end of the session, which must be
// that of a backend that exited 0.
func (g *guest) receiveAll() []string {
	g.t.Helper()
	var lines []string
	for {
		_, line, err := g.conn.Read(g.ctx)
		if err != nil {
			if websocket.CloseStatus(err) != websocket.StatusNormalClosure {
				g.t.Errorf("after %q: %v, want close code 1000", lines, err)
			}
			return lines
		}
		lines = append(lines, string(line))
	}
}

// leave ends the session from this side.
func (g *guest) leave() {
	g.t.Helper()
	if err := g.conn.Close(websocket.StatusNormalClosure, ""); err != nil {
		g.t.Errorf("leaving: %v", err)
	}
}
