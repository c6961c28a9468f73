package server

import (
	"net"
	"strconv"
	"syscall"
	"testing"
	"time"

	"wsd/server/servertest"
)

// dialSlow connects with a small receive buffer, so that what the server sends
// stays on its side.
func dialSlow(t *testing.T, addr string) net.Conn {
	t.Helper()
	dialer := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) { syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 64<<10) })
	}}
	conn, err := dialer.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// A client that reads slowly, and goes on talking, gets all that the backend has
// written before its end, though it takes longer than the five
// seconds of a closing handshake.
func TestSlowClientGetsTheRest(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: a client reads for seven seconds")
	}
	t.Parallel()
	const lines, size = 1500, 999
	s := serveSteps(t, "lines:"+strconv.Itoa(lines)+","+strconv.Itoa(size))
	c := servertest.NewClient(t, dialSlow(t, s.addr)).Upgrade("/")
	c.Conn.SetDeadline(time.Now().Add(time.Minute))
	begun := time.Now()
	pace := time.NewTicker(100 * time.Millisecond)
	defer pace.Stop()
	for i := range lines {
		c.Want(servertest.TestLine(i, size))
		if i%16 == 0 && time.Since(begun) < 7*time.Second {
			<-pace.C
			c.Send("still here")
		}
	}
	if took := time.Since(begun); took < 5*time.Second {
		t.Fatalf("the client was not slow: it took %v", took)
	}
	c.WantClose(1000, "")
	s.log.Wait(t, "DISCONNECT").Want(t, "code", "1000", "messages_out", strconv.Itoa(lines))
}
