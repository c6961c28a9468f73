package session

import (
	"net"
	"testing"

	"wsd/server/servertest"
	"wsd/server/websocket"
)

// narrow makes the kernel's buffers between the session and its client small.
func (r *running) narrow(t testing.TB) {
	t.Helper()
	if err := r.Conn.(*net.TCPConn).SetReadBuffer(16 << 10); err != nil {
		t.Fatal(err)
	}
	if err := r.server.(*net.TCPConn).SetWriteBuffer(512 << 10); err != nil {
		t.Fatal(err)
	}
}

// What has been sent is what the socket has taken, not what was dropped behind it.
func TestCountsWhatSocketTook(t *testing.T) {
	t.Parallel()
	before := servertest.NewGate(t)
	const lines, size, read = 100_000, 100, 500
	r := begin(t, Config{}, before.Step(), "lines:100000,100")
	r.narrow(t)
	before.Reached()
	before.Open()
	for i := range read {
		r.Want(servertest.TestLine(i, size))
	}
	r.blocked()
	r.Reset()
	end := r.wantEnd(t, websocket.CodeLost, "")
	if end.MessagesOut < read || end.MessagesOut > 20_000 || end.BytesOut < size*end.MessagesOut || end.BytesOut >= size*(end.MessagesOut+1) {
		t.Errorf("%d messages and %d bytes are said to have been sent of %d: %d were read, and the buffers hold some more",
			end.MessagesOut, end.BytesOut, lines, read)
	}
}
