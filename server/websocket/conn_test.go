package websocket

import (
	"io"
	"net"
	"slices"
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

// After a fault the client's close frame is waited for while it sends, and for a
// second once it is silent; its payload in progress is no frame.
func TestSkim(t *testing.T) {
	closing := clientFrame(FinBit|OpClose, closePayload(1007, ""))
	for name, tt := range map[string]struct {
		sends [][]byte // one by one, 900 ms apart
		want  time.Duration
		more  bool
	}{
		"nothing":                        {nil, time.Second, false},
		"a close frame":                  {[][]byte{closing}, 900 * time.Millisecond, false},
		"a message and a close frame":    {[][]byte{textFrame("more"), closing}, 2 * 900 * time.Millisecond, false},
		"what is no frame":               {[][]byte{{0xf1}}, 900 * time.Millisecond, true},
		"a close frame inside a payload": {[][]byte{textFrame("more")[:6], closing[:4]}, 2*900*time.Millisecond + time.Second, false},
		"messages for ever":              {slices.Repeat([][]byte{textFrame("more")}, 100), 5 * time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := net.Pipe()
				var peer sync.WaitGroup
				peer.Go(func() { // ends once near is closed
					for _, b := range tt.sends {
						time.Sleep(900 * time.Millisecond)
						if _, err := near.Write(b); err != nil {
							return
						}
					}
				})
				defer peer.Wait()
				defer near.Close()
				c := NewConn(far, nil)
				r := NewReceiver(c, new(Budget))
				begun := time.Now()
				if more := r.Skim(); more != tt.more || time.Since(begun) != tt.want {
					t.Errorf("more may come: %v, after %v; want %v, %v", more, time.Since(begun), tt.more, tt.want)
				}
				near.Close()
				c.Finish(false)
			})
		})
	}
}

// What a peer took that had waited for it, or room that it has made, is a sign of
// life; what went to its kernel at once is none.
func TestTook(t *testing.T) {
	waiting := Signs{Flow: Flow{Unsent: 100, Acked: 1000, Window: 10}}
	for name, tt := range map[string]struct {
		before, now Signs
		want        bool
	}{
		"nothing":                       {waiting, waiting, false},
		"some of it":                    {waiting, Signs{Flow: Flow{Unsent: 50, Acked: 1050, Window: 10}}, true},
		"some, and more was written":    {waiting, Signs{Flow: Flow{Unsent: 200, Acked: 1050, Window: 10}}, true},
		"some, of a Unix socket":        {Signs{Flow: Flow{Unsent: 100}}, Signs{Flow: Flow{Unsent: 50}}, true},
		"a ping, which its kernel took": {Signs{Flow: Flow{Acked: 1000, Window: 10}}, Signs{Flow: Flow{Acked: 1002, Window: 10}}, false},
		"room":                          {Signs{Flow: Flow{Acked: 1000, Window: 10}}, Signs{Flow: Flow{Acked: 1002, Window: 20}}, true},
		"a write that had to wait":      {Signs{Writing: true}, Signs{Writes: 1}, true},
		"a write that had not":          {Signs{}, Signs{Writes: 1}, false},
		"nothing, and it is gone":       {waiting, Signs{Broken: true, Flow: Flow{Unsent: 50, Acked: 1050}}, false},
	} {
		if got := tt.now.Took(tt.before); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// However a client goes on after a fault, Skim and Finish together read from it for
// five seconds at most, or for as long as LingerFor says.
func TestLingersOnce(t *testing.T) {
	for bound, want := range map[time.Duration]time.Duration{0: lingerTotal, 2 * time.Second: 2 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			near, far := net.Pipe()
			var peer sync.WaitGroup
			peer.Go(func() { // ends once near is closed
				for _, b := range [][]byte{textFrame("more"), {0xf1}} {
					time.Sleep(900 * time.Millisecond)
					near.Write(b)
				}
				say(near, 100)
			})
			defer peer.Wait()
			defer near.Close()
			c := NewConn(far, nil)
			if bound > 0 {
				c.LingerFor(bound)
			}
			begun := time.Now()
			c.Finish(NewReceiver(c, new(Budget)).Skim())
			if took := time.Since(begun); took != want {
				t.Errorf("the connection was held for %v, want %v", took, want)
			}
		})
	}
}
