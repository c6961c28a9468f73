package main

import (
	"net"
	"testing"
	"time"

	"wsd/cmd/internal/client"
)

// deadlines is a connection that takes everything and notes its write deadlines.
type deadlines struct {
	net.Conn
	set []time.Time
}

func (d *deadlines) Write(p []byte) (int, error) { return len(p), nil }
func (d *deadlines) SetWriteDeadline(t time.Time) error {
	d.set = append(d.set, t)
	return nil
}

// TestSendDeadline wants a deadline for a write, and none for the pongs that the
// receiving goroutine may send later.
func TestSendDeadline(t *testing.T) {
	d := &deadlines{}
	n := &session{soak: &soak{patience: time.Minute}, conn: &client.Conn{Conn: d}}
	if err := n.send(typeMessage, burst); err != nil {
		t.Fatal(err)
	}
	if len(d.set) != 2 || d.set[0].IsZero() || !d.set[1].IsZero() {
		t.Errorf("the write deadlines are %v, want one, and then none", d.set)
	}
	if n.sent != burst {
		t.Errorf("%d messages were sent, want %d", n.sent, burst)
	}
}
