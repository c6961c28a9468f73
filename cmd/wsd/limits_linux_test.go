package main

import (
	"io"
	"net/http"
	"testing"
)

func testLimits(t *testing.T, wsd string) {
	t.Run("Once", func(t *testing.T) { testOnce(t, wsd) })
	t.Run("StalledClients", func(t *testing.T) { testStalledClients(t, wsd) })
}

// testOnce ends by itself, with status 0 whatever has become of the backend.
func testOnce(t *testing.T, wsd string) {
	server := serving(t, command(t, wsd, "--address=127.0.0.1:0", "--once", "/bin/sh", "-c", "read -r line; exit 3"))
	page, err := http.Get("http://" + server.address + "/")
	if err != nil {
		t.Fatal(err)
	}
	page.Body.Close()
	client := upgrade(t, server.address)
	defer client.Close()
	client.Write(maskedFrame(0x81, "end"))
	const want = "\x88\x0f\x03\xf3exit status 3"
	answer := make([]byte, len(want))
	if _, err := io.ReadFull(client, answer); err != nil || string(answer) != want {
		t.Errorf("the session ended with %q, %v; want %q", answer, err, want)
	}
	client.Close()
	server.wait(t, 0)
}
