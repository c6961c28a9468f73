package session

import (
	"io"
	"net"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

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
	end := r.wantEnd(t, websocket.CodeLost, "client answered no ping")
	if end.Unsent < 100_000 {
		t.Errorf("%d bytes were lost", end.Unsent)
	}
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

// A session at its end waits for a client that takes what is on its way, but not when
// that takes nothing any more, and the log says how much was lost.
func TestDrainEndsWithStalledClient(t *testing.T) {
	t.Parallel()
	r := begin(t, Config{DrainPatience: 500 * time.Millisecond}, "long:400000")
	r.narrow(t)
	end := r.wantEnd(t, websocket.CodeLost, "client was too slow to take the rest")
	if end.Unsent < 100_000 || !end.Exit.OK() {
		t.Errorf("%+v", end)
	}
}

// The slowest of too many sessions at their end gives way, and the others go on.
func TestDrainsGiveWay(t *testing.T) {
	t.Parallel()
	cfg := Config{DrainPatience: servertest.Patience, Drains: &Drains{Limit: 2}}
	var all []*running
	for range 3 {
		before := servertest.NewGate(t)
		r := begin(t, cfg, before.Step(), "long:400000")
		r.narrow(t)
		before.Reached()
		before.Open()
		all = append(all, r)
	}
	out := -1
	for out < 0 {
		runtime.Gosched()
		out = slices.IndexFunc(all, func(r *running) bool { return len(r.ended) > 0 })
	}
	end := all[out].wantEnd(t, websocket.CodeLost, "client was the slowest of too many slow ones")
	if end.Unsent < 100_000 {
		t.Errorf("%+v", end)
	}
	for _, r := range slices.Delete(all, out, out+1) {
		if got := r.WantClose(1000, ""); len(got) != 1 || len(got[0]) != 400_000 {
			t.Errorf("%d messages came", len(got))
		}
		r.wantEnd(t, websocket.CodeOK, "")
	}
}
