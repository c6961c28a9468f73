package websocket

import (
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// After a fault nothing more may come from the peer: it is read for a second at
// most once it is silent, for five in all, and no longer than it is there.
func TestFinishLingers(t *testing.T) {
	for name, tt := range map[string]struct {
		peer func(net.Conn)
		want time.Duration
	}{
		"silent":     {func(net.Conn) {}, time.Second},
		"leaves":     {func(c net.Conn) { time.Sleep(100 * time.Millisecond); c.Close() }, 100 * time.Millisecond},
		"talks":      {func(c net.Conn) { say(c, 3) }, 3*900*time.Millisecond + time.Second},
		"never ends": {func(c net.Conn) { say(c, 100) }, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := net.Pipe()
				var peer sync.WaitGroup
				peer.Go(func() { tt.peer(near) }) // ends once near is closed
				defer peer.Wait()
				defer near.Close()
				begun := time.Now()
				NewConn(far, nil).Finish(true)
				if took := time.Since(begun); took != tt.want {
					t.Errorf("the connection was held for %v, want %v", took, tt.want)
				}
			})
		})
	}
}

// say sends a byte now and then.
func say(c net.Conn, times int) {
	for range times {
		time.Sleep(900 * time.Millisecond)
		if _, err := c.Write([]byte{'x'}); err != nil {
			return
		}
	}
}

// A client that sends pings and reads nothing has the last sixteen answered.
func TestPongsWait(t *testing.T) {
	near, far := net.Pipe()
	defer near.Close()
	c := NewConn(far, nil)
	defer c.Finish(false)
	for i := range 20 {
		c.control.put([]byte{FinBit | OpPong, 1, byte(i)})
	}
	go c.FlushControl() // ends when all is read
	got := make([]byte, 3*maxPongs)
	if _, err := io.ReadFull(near, got); err != nil {
		t.Fatal(err)
	}
	for i := range maxPongs {
		if got[3*i] != FinBit|OpPong || got[3*i+2] != byte(4+i) {
			t.Fatalf("pong %d is % x", i, got[3*i:3*i+3])
		}
	}
	if c.control.waiting() {
		t.Error("more waits")
	}
}
