package faults_test

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	"wsd/server/servertest"
)

const million = 1_000_000

// TestMillion sends a million of the smallest things there are. They take time in
// proportion, and no memory.
func TestMillion(t *testing.T) {
	t.Parallel()
	s := newStage(t, settings{})
	s.script("bytes", "head -n 1 | wc -c")
	s.script("lines", fmt.Sprintf("head -n %d | wc -l", million))
	for _, test := range []struct {
		name, script, want string
		first, each, last  []byte
	}{
		{"fragments", "/bytes", "1000001", servertest.Frame(servertest.Text, "x"), servertest.Frame(servertest.Continuation, "x"), servertest.Frame(servertest.Fin|servertest.Continuation, "")},
		{"empty fragments", "/bytes", "3", servertest.Frame(servertest.Text, "a"), servertest.Frame(servertest.Continuation, ""), servertest.Frame(servertest.Fin|servertest.Continuation, "b")},
		{"empty messages", "/lines", "1000000", nil, servertest.Message(""), servertest.Message("")},
		{"pings", "/bytes", "4", nil, servertest.Frame(servertest.Fin|servertest.Ping, ""), servertest.Message("end")},
		{"pongs", "/bytes", "4", nil, servertest.Frame(servertest.Fin|servertest.Pong, ""), servertest.Message("end")},
	} {
		s.endure(1, func(_ int, during func()) {
			d := s.daemon
			peak := d.freshPeak()
			c := s.dial(test.script)
			c.Write(test.first)
			batch := bytes.Repeat(test.each, 1000)
			for i := range million/1000 - 1 {
				c.Write(batch)
				if i == million/2000 {
					during()
				}
			}
			c.Write(batch[len(test.each):])
			c.Write(test.last)
			c.Want(test.want)
			c.WantClose(1000, "")
			if grown := d.Status("VmHWM")<<10 - peak; grown > 32<<20 {
				t.Errorf("a million %s made wsd grow by %d bytes", test.name, grown)
			}
		})
	}
	s.finish()
}

// freshPeak makes the kernel forget the most memory that the daemon has had, and
// returns what it has now.
func (d *daemon) freshPeak() int {
	d.t.Helper()
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", d.PID()), []byte("5"), 0); err != nil {
		d.t.Fatal(err)
	}
	return d.Status("VmHWM") << 10
}

// TestMillionEmptyEchoes has a million empty messages go both ways.
func TestMillionEmptyEchoes(t *testing.T) {
	t.Parallel()
	s := newStage(t, settings{})
	s.endure(1, func(_ int, during func()) {
		c := s.dial("/echo")
		sent := make(chan error, 1)
		go func() { // ends when all is sent, or with the connection; awaited below
			_, err := c.Conn.Write(bytes.Repeat(servertest.Message(""), million))
			sent <- err
		}()
		for i := range million {
			if m, err := c.Read(); m != "" || err != nil {
				t.Fatalf("message %d came back as %q, %v", i, m, err)
			}
			if i == million/2 {
				during()
			}
		}
		if err := <-sent; err != nil {
			t.Error(err)
		}
		c.Leave()
	})
	s.finish()
}
