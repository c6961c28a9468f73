package server

import (
	"net"
	"runtime"
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
// written before its end, though it takes longer than the five seconds of a closing
// handshake, and reads nothing at all for as long.
func TestSlowClientGetsTheRest(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: a client reads nothing for seven seconds")
	}
	t.Parallel()
	const lines, size = 1500, 999
	s := serveSteps(t, "lines:"+strconv.Itoa(lines)+","+strconv.Itoa(size))
	c := servertest.NewClient(t, dialSlow(t, s.addr)).Upgrade("/")
	c.Conn.SetDeadline(time.Now().Add(time.Minute))
	begun := time.Now()
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for i := range lines {
		c.Want(servertest.TestLine(i, size))
		for i == 100 && time.Since(begun) < 7*time.Second {
			<-second.C
			c.Send("still here")
		}
	}
	c.WantClose(1000, "")
	end := s.log.Wait(t, "DISCONNECT")
	end.Want(t, "code", "1000", "messages_out", strconv.Itoa(lines))
	if end["unsent"] != "" {
		t.Error(end)
	}
}

// At a shutdown nobody waits for it, and the log says how much it has not taken.
func TestShutdownLeavesSlowClient(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: the closing handshake has five seconds")
	}
	t.Parallel()
	s := serveSteps(t, "lines:1500,999")
	c := servertest.NewClient(t, dialSlow(t, s.addr)).Upgrade("/")
	c.Want(servertest.TestLine(0, 999))
	for s.forks.Load() > 0 { // until the backend has ended
		runtime.Gosched()
	}
	s.Close()
	end := s.log.Wait(t, "DISCONNECT")
	end.Want(t, "messages_out", "1500", "detail", "client was too slow to take the rest")
	if n, err := strconv.Atoi(end["unsent"]); err != nil || n < 500_000 {
		t.Error(end)
	}
}
