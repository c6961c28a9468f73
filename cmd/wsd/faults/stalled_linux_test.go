package faults_test

import (
	"errors"
	"io"
	"os"
	"sync"
	"testing"
	"time"

	"wsd/server/servertest"
)

// TestStalledBeforeSession has clients that stand still before they have a
// session: after connecting, in the TLS handshake, and in the header; and some
// that send one byte a second, so that they never quite stand still. wsd gives
// all of them ten seconds, which is what this test waits for.
func TestStalledBeforeSession(t *testing.T) {
	t.Parallel()
	s := newStage(t, settings{tls: newCertificates(t)})
	s.endure(leaks, func(n int, during func()) {
		var clients []*client
		var dribbling sync.WaitGroup
		for i := range n {
			c := s.connect()
			switch i % 4 {
			case 0:
				c = newClient(t, s.tcp())
			case 1:
				c = newClient(t, s.tcp())
				c.Write([]byte(clientHello)[:40])
			case 2:
				c.Write(servertest.Request("/echo")[:80])
			case 3:
				c.Write([]byte("GET /"))
				dribbling.Go(func() { dribble(c) }) // ends with the connection; awaited below
			}
			clients = append(clients, c)
		}
		during()
		for _, c := range clients {
			if _, err := io.ReadAll(c.In); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatal("wsd keeps a client that stands still")
			}
			c.Conn.Close()
		}
		dribbling.Wait()
	})
	s.finish()
}

// dribble sends a byte a second. The seconds are what is being tested: they
// synchronise nothing.
func dribble(c *client) {
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for range second.C {
		if _, err := c.Conn.Write([]byte("x")); err != nil {
			return
		}
	}
}

// clientHello is the beginning of a TLS handshake: a record of 512 bytes, of which
// this is the header and more.
const clientHello = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "a client's random number of 32 bytes, and what comes then"

// TestStalledInSession has clients that stand still in their session: in the
// middle of a frame, and with output before them that they do not read.
func TestStalledInSession(t *testing.T) {
	t.Parallel()
	s := newStage(t, settings{args: []string{shortPing, patientLadder}})
	s.script("flood", "head -c 8000000 /dev/zero | tr '\\0' x; exec cat")
	s.endure(leaks, func(n int, during func()) {
		var clients []*client
		for i := range n {
			c := s.dial([]string{"/echo", "/flood"}[i%10/9])
			if i%2 == 0 {
				c.Write(servertest.Message("half a frame")[:10])
			}
			clients = append(clients, c)
		}
		during()
		for _, c := range clients {
			s.over(c).Want(t, "code", "1006", "detail", "client answered no ping", "exit", "exit status 0")
			c.Conn.Close()
		}
	})
	s.finish()
}
