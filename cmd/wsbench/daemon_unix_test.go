//go:build unix

package main

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"wsd/exec/exectest"
)

// TestHungGroup sees a hung daemon's child go with it: the connection that the
// child holds ends.
func TestHungGroup(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := compareTest(only(t, "rtt"), server{"group", exectest.Backend("group", l.Addr().String())})
	c.timeout = 300 * time.Millisecond
	if out, _ := results(t, c); !strings.Contains(out, "hung: ") {
		t.Fatalf("got %s, want a hung daemon", out)
	}
	nc, err := l.Accept() // playHold connected before playGroup listened
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	// Only a child that lives on makes use of the minute.
	if err := nc.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, nc); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the daemon's child lives on")
	}
}
