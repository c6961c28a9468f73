package faults_test

import (
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"wsd/server/servertest"
)

var addresses atomic.Uint32

// freeAddress is an address that nobody listens on, and nobody will: a port of
// 127.0.0.1 that is free now may be a connection's a moment later.
func freeAddress() string {
	n := uint32(os.Getpid())<<6 + addresses.Add(1)
	return fmt.Sprintf("127.%d.%d.%d:8080", 64+n>>16&63, n>>8&255, n&255)
}

// awaitListener returns when somebody listens there. A wsd that can't log can't
// say so: this asks again and again.
func awaitListener(t *testing.T, address string) {
	t.Helper()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	timeout := time.After(servertest.Patience)
	for {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
			return
		}
		select {
		case <-again.C:
		case <-timeout:
			t.Fatalf("wsd does not listen: %v", err)
		}
	}
}
