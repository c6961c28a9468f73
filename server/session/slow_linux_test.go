package session

import (
	"io"
	"net"
	"runtime"
	"strings"
	"testing"

	"wsd/server/servertest"
	"wsd/server/websocket"
)

// What only this kernel tells of a client: how much it has taken, and that it is gone.

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

// A client that reads so slowly that no write gets done from one ping to the next
// lives as long as it reads. It sees no ping in all that time.
func TestKeepaliveKeepsSlowestReader(t *testing.T) {
	t.Parallel()
	before := servertest.NewGate(t)
	r := ticked(t, before.Step(), "long:20000000")
	r.narrow(t)
	before.Reached()
	before.Open()
	piece := make([]byte, 1<<10)
	for range 5 * maxSilence {
		r.blocked()
		r.tick()
		for at := r.link.conn.Signs().Acked; r.link.conn.Signs().Acked == at; {
			if _, err := io.ReadFull(r.In, piece); err != nil {
				t.Fatalf("a client that reads slowly was dropped: %v", err)
			}
		}
	}
	for len(r.ended) == 0 { // and no longer
		r.tick()
		runtime.Gosched()
	}
	r.wantEnd(t, websocket.CodeLost, "client answered no ping")
}

// A client that has reset the connection, and of which all has been read, is not
// waited for, however busy the backend.
func TestKeepaliveEndsGoneClientOfBusyBackend(t *testing.T) {
	t.Parallel()
	r := ticked(t, "print:up", "hang")
	r.Want("up")
	r.Write(servertest.Message(strings.Repeat("x", 65_535))) // and its newline: what a pipe holds
	r.Write(servertest.Message("one more"))
	r.stuck()
	for range 2 * maxSilence {
		r.tick()
	}
	r.Reset()
	for !r.link.conn.Gone() {
		runtime.Gosched()
	}
	for range maxSilence {
		r.tick()
	}
	r.wantEnd(t, websocket.CodeLost, "client takes no more")
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
