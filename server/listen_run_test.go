package server

import (
	"context"
	"net"
	"os"
	"testing"
	"wsd/server/servertest"
)

// Clients that come between Listen and Run wait, and are served by Run.
func TestListenBeforeRun(t *testing.T) {
	path := socketPath(t)
	s, err := New(Config{UnixSocket: path, HealthPath: "/up"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Listen(); err != nil {
		t.Fatal(err)
	}
	conn := servertest.Connect(t, path)
	select {
	case <-s.Listening():
		t.Error("it says that it accepts connections")
	default:
	}
	c := servertest.NewClient(t, conn)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }() // ends by cancel; awaited below
	if status := probe(t, conn, c.In); status != 200 {
		t.Errorf("status %d", status)
	}
	conn.Close()
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("the socket's file after Run: %v", err)
	}
}

// A server that listens and is never run leaves nothing behind.
func TestCloseAfterListen(t *testing.T) {
	t.Parallel()
	path := socketPath(t)
	s, err := New(Config{UnixSocket: path, Addresses: []string{"127.0.0.1:0"}, DevConsole: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Listen(); err != nil {
		t.Fatal(err)
	}
	address := s.opened[0].Addr().String()
	s.Close()
	if conn, err := net.Dial("tcp", address); err == nil {
		conn.Close()
		t.Error("it listens still")
	}
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("the socket's file: %v", err)
	}
}
